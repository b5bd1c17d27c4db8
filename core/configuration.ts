/** The configuration that `config/` makes of the environment. Frozen; the program reads `process.env` nowhere else. */
export interface Configuration {
  readonly port: number
  readonly host: string
  /** The address that Twilio calls, without a trailing slash; undefined where there is none yet. */
  readonly publicUrl: string | undefined
  /** Absolute path. */
  readonly dataDir: string
  readonly database: DatabaseConfiguration
  readonly redisUrl: string | undefined
  readonly twilio: {
    readonly accountSid: string | undefined
    /** One, or two while rotating; empty where none is set, and then every signature is refused. */
    readonly authTokens: readonly string[]
    readonly apiUrl: string
  }
  /** Undefined: `start` makes one in DATA_DIR/admin-token. */
  readonly adminToken: string | undefined
  /** Hosts and CIDRs that guarded requests may reach beside public addresses. */
  readonly outboundAllow: readonly string[]
  /** Absolute path of pipeline.yaml. */
  readonly pipelineFile: string
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /**
   * Every variable, for `${NAME}` in pipeline.yaml and in option defaults, `.env` included, with the defaults of the
   * documented ones filled in (DATA_DIR absolute, TWILIO_API_URL, …).
   */
  readonly environment: Readonly<Record<string, string>>
}

export type DatabaseConfiguration =
  | { readonly kind: 'sqlite' /** Absolute path, or `:memory:`. */; readonly file: string }
  | { readonly kind: 'postgres' /** May hold a password: never log it. */; readonly url: string }
