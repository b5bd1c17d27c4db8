const SECRET_KEY =
  /((?:api[_-]?key|secret|token|password|passphrase|credentials?)["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s,{}[\]#]+)/gi
const SECRET_SHAPE = /\b(?:whsec_|sk-|xox[a-z]-|ghp_)[\w+/=-]+/g
const USER_INFO = /(:\/\/)([^/\s@"']+)(@)/g

/**
 * Text of a pipeline.yaml with what looks like a secret starred out, in equal length so that carets still point
 * right. Secrets should stand in variables, and `${NAME}` is shown; but an excerpt of a file in which one was written
 * down ends up in logs of CI.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(SECRET_KEY, (whole, key: string, value: string) => (value.includes('${') ? whole : key + stars(value)))
    .replace(SECRET_SHAPE, stars)
    .replace(USER_INFO, (_, before: string, user: string, after: string) => before + stars(user) + after)
}

/** Quotes stay, so that the line remains readable. */
function stars(value: string): string {
  return value.replace(/[^"']/g, '*')
}
