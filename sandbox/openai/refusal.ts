/** An error as OpenAI answers it: `{ error: { message, type, param, code } }` with an HTTP status. */
export class Refusal extends Error {
  readonly status: number
  readonly type: string
  readonly param: string | null
  readonly code: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message)
    this.status = status
    this.type = details.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
    this.param = details.param ?? null
    this.code = details.code ?? null
    this.headers = details.headers ?? {}
  }

  body(): { readonly error: Readonly<Record<'message' | 'type' | 'param' | 'code', string | null>> } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

export interface RefusalDetails {
  readonly type?: string
  readonly param?: string
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function quotaRefusal(): Refusal {
  return new Refusal(429, 'You exceeded your current quota, please check your plan and billing details.', {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  })
}

export function unknownModel(model: string): Refusal {
  return new Refusal(404, `The model '${model}' does not exist or you do not have access to it.`, {
    code: 'model_not_found',
  })
}
