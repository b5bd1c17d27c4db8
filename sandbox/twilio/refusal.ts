import type { Context } from 'koa'

/** An answer with which Twilio refuses a request: its status and its error code. */
export class TwilioRefusal extends Error {
  readonly status: number
  readonly code: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'TwilioRefusal'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function unauthenticated(): TwilioRefusal {
  return new TwilioRefusal(401, 20003, 'Authenticate', { 'WWW-Authenticate': 'Basic realm="Twilio API"' })
}

export function notFound(path: string): TwilioRefusal {
  return new TwilioRefusal(404, 20404, `The requested resource ${path} was not found`)
}

/** The usual code of a status, for faults that name none. */
const CODE_OF: ReadonlyMap<number, number> = new Map([
  [401, 20003],
  [403, 20403],
  [404, 20404],
  [429, 20429],
])

export function refusalOf(status: number, code?: number, retryAfter?: string): TwilioRefusal {
  const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter }
  return new TwilioRefusal(status, code ?? CODE_OF.get(status) ?? 20500, 'The sandbox was told to answer so', headers)
}

/** Koa middleware: answers with the refusal that was thrown. */
export async function refusing(context: Context, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
  } catch (error) {
    if (!(error instanceof TwilioRefusal)) throw error
    const { type, body } = refusalBody(error, context.path)
    context.status = error.status
    context.set({ ...error.headers, 'Content-Type': type })
    context.body = body
  }
}

/** The body of a refusal: JSON for paths that end in .json, XML for all others, the media among them. */
function refusalBody(refusal: TwilioRefusal, path: string): { readonly type: string; readonly body: string } {
  const { code, message, status } = refusal
  const moreInfo = `https://www.twilio.com/docs/errors/${code}`
  if (path.endsWith('.json')) {
    return { type: 'application/json', body: JSON.stringify({ code, message, more_info: moreInfo, status }) }
  }
  const xml = [
    "<?xml version='1.0' encoding='UTF-8'?>",
    `<TwilioResponse><RestException><Code>${code}</Code><Message>${escapeXml(message)}</Message>`,
    `<MoreInfo>${moreInfo}</MoreInfo><Status>${status}</Status></RestException></TwilioResponse>`,
  ]
  return { type: 'application/xml', body: xml.join('\n') }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
