import { Lexer } from 'yaml'

/** What the lexer says between the words of the text: a document or a scalar begins, a flow collection ends wrongly. */
const DOCUMENT = '\u0002'
const SCALAR = '\u0018'
const FLOW_ERROR_END = '\u001f'

/**
 * The offset at which brackets, or dashes on one line, are nested deeper than `limit`; undefined where they never
 * are. Asked before parsing: the parser spends seconds on a file of brackets, and then runs out of stack.
 */
export function nestedBeyond(limit: number, text: string): number | undefined {
  let offset = 0
  let brackets = 0
  let dashes = 0
  let scalar = false
  for (const token of new Lexer().lex(text)) {
    if (token === DOCUMENT || token === SCALAR || token === FLOW_ERROR_END) {
      scalar = token === SCALAR
      continue
    }
    if (scalar) scalar = false
    else if (token === '[' || token === '{') brackets += 1
    else if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1)
    else if (token === '-' || token === '?') dashes += 1
    else if (token.includes('\n')) dashes = 0
    if (brackets > limit || dashes > limit) return offset
    offset += token.length
  }
  return undefined
}
