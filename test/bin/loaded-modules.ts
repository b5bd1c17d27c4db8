// Loaded before a command (--import): writes the URL of every module that the command loads to file descriptor 3.
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

registerHooks({
  load(url, context, next) {
    writeSync(3, `${url}\n`)
    return next(url, context)
  },
})
