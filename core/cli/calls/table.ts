/**
 * Columns as wide as their widest cell, two spaces apart, each line after `indent`. What a cell holds was said or
 * typed by strangers: it is made harmless.
 */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const clean = rows.map((row) => row.map((cell) => harmless(cell).replaceAll(/\s+/g, ' ')))
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)))
  return clean
    .map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('')
}

/** Text in which nothing steers a terminal. Its lines stay. */
export function harmless(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/[^\P{Cc}\n\t]/gu, '')
}

/** A heading, and below it the text, indented. */
export function paragraph(heading: string, text: string): string {
  return `\n${heading}\n${harmless(text)
    .trimEnd()
    .replaceAll(/^(?=.)/gm, '  ')}\n`
}
