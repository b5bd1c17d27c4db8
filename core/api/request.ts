import { Ajv, type ErrorObject } from 'ajv'
import type { Context } from 'koa'
import { type Static, type TSchema, Type } from 'typebox'
import { AftercallError } from '../contracts/index.ts'
import { readBody } from '../http/index.ts'

/** Text of a query is made into numbers, and defaults are filled in. */
const queryAjv = new Ajv({ strict: true, allErrors: true, useDefaults: true, coerceTypes: true })
const exactAjv = new Ajv({ strict: true, allErrors: true })

export const CallSid = Type.String({ pattern: '^CA[0-9a-fA-F]{32}$' })
export const RecordingSid = Type.String({ pattern: '^RE[0-9a-fA-F]{32}$' })
/** `<run>.<stage>` */
export const DeliveryId = Type.String({ pattern: '^[0-9a-f-]{36}\\.[a-z][a-z0-9-]{0,99}$' })
export const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })

/** Names of one query or of one path; others are refused, so that a misspelt filter does not return everything. */
export function object<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}

/** A reader of queries of this shape. Throws `bad-request` with every fault. */
export function queryOf<Schema extends TSchema>(schema: Schema): (context: Context) => Static<Schema> {
  const isValid = queryAjv.compile<Static<Schema>>(schema)
  return ({ querystring }) => {
    const parameters = new URLSearchParams(querystring)
    const query: unknown = Object.fromEntries(parameters)
    if (new Set(parameters.keys()).size < [...parameters.keys()].length) {
      throw new AftercallError('query: a name came more than once', { code: 'bad-request' })
    }
    if (isValid(query)) return query
    throw new AftercallError(faults('query', isValid.errors), { code: 'bad-request' })
  }
}

/** A reader of the named parts of a path. Throws `bad-request`. */
export function pathOf<Schema extends TSchema>(
  schema: Schema,
): (context: { readonly params: unknown }) => Static<Schema> {
  const isValid = exactAjv.compile<Static<Schema>>(schema)
  return ({ params }) => {
    if (isValid(params)) return params
    throw new AftercallError(faults('path', isValid.errors), { code: 'bad-request' })
  }
}

const LARGEST_BODY = 16 * 1024

/** A reader of JSON bodies of this shape; no body counts as `{}`. Throws `bad-request`, and what `readBody` throws. */
export function bodyOf<Schema extends TSchema>(schema: Schema): (context: Context) => Promise<Static<Schema>> {
  const isValid = exactAjv.compile<Static<Schema>>(schema)
  return async (context) => {
    const body = hasBody(context) ? parse(await readBody(context, 'application/json', LARGEST_BODY)) : {}
    if (isValid(body)) return body
    throw new AftercallError(faults('body', isValid.errors), { code: 'bad-request' })
  }
}

function hasBody({ request, req }: Context): boolean {
  return req.headers['transfer-encoding'] !== undefined || (request.length ?? 0) > 0
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new AftercallError('body: not JSON', { code: 'bad-request' })
  }
}

function faults(where: string, errors: readonly ErrorObject[] | null | undefined): string {
  return (errors ?? []).map((error) => `${where}${error.instancePath} ${fault(error)}`).join('; ')
}

function fault({ message = 'is wrong', keyword, params }: ErrorObject): string {
  if (keyword === 'additionalProperties') return `must not have "${String(params['additionalProperty']).slice(0, 100)}"`
  if (keyword === 'enum') return `must be one of ${String(params['allowedValues'])}`
  return message
}
