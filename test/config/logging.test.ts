import { expect } from 'chai'
import { createLogger } from '../../config/logging.ts'

describe('the log', () => {
  function written(level: Parameters<typeof createLogger>[0], say: (logger: ReturnType<typeof createLogger>) => void) {
    const lines: string[] = []
    say(createLogger(level, { write: (line) => lines.push(line) }))
    return lines.map((line): Record<string, unknown> => JSON.parse(line))
  }

  it('is one JSON object per line, with a time in UTC and the level as a word', () => {
    const [line] = written('info', (logger) => logger.child({ callSid: 'CA1' }).info({ stage: 'stt' }, 'hello'))
    expect(line).to.include({ level: 'info', msg: 'hello', callSid: 'CA1', stage: 'stt' })
    expect(line?.['time']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('leaves out what is below its level', () => {
    expect(written('warn', (logger) => logger.info('too quiet'))).to.deep.equal([])
  })

  it('hides text under keys that look like a secret’s, however deep, and shows numbers', () => {
    const [line] = written('info', (logger) =>
      logger.info(
        {
          authToken: 'hunter2',
          headers: { Authorization: 'Bearer hunter2', accept: '*/*' },
          tokens: ['hunter2'],
          webhook: { secret: { current: 'hunter2' } },
          usage: { inputTokens: 12 },
          apiKey: '',
        },
        'sent',
      ),
    )
    expect(JSON.stringify(line)).not.to.include('hunter2')
    expect(line).to.deep.include({
      authToken: '[redacted]',
      headers: { Authorization: '[redacted]', accept: '*/*' },
      tokens: ['[redacted]'],
      usage: { inputTokens: 12 },
      apiKey: '',
    })
  })

  it('shows errors with class, message and stack, and hides the secrets that libraries hang on them', () => {
    const error = Object.assign(new RangeError('no'), { request: { headers: { authorization: 'Basic hunter2' } } })
    for (const [line] of [
      written('info', (logger) => logger.error({ err: error }, 'failed')),
      written('info', (logger) => logger.error(error)),
    ]) {
      expect(line?.['err']).to.include({ type: 'RangeError', message: 'no' })
      expect(line).to.have.nested.property('err.stack').that.includes('RangeError: no')
      expect(JSON.stringify(line)).not.to.include('hunter2')
    }
  })

  it('survives an object that contains itself', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    expect(written('info', (logger) => logger.info({ loop }, 'round'))).to.have.length(1)
  })
})
