import { expect } from 'chai'
import { withoutSecrets } from '../../../core/pipeline/secrets.ts'

describe('withoutSecrets', () => {
  for (const [text, shown] of [
    ['apiKey: abc', 'apiKey: ***'],
    ["  api_key: 'a b'  # c", "  api_key: '***'  # c"],
    ['{ url: x, secret: "whsec_a+/=", n: 1 }', '{ url: x, secret: "**********", n: 1 }'],
    ['"authToken":"abc"', '"authToken":"***"'],
    ['prompt: use sk-proj-123 please', 'prompt: use *********** please'],
    ['url: https://user:pw@example.com/', 'url: https://*******@example.com/'],
    ['apiKey: "${OPENAI_API_KEY:-}"', 'apiKey: "${OPENAI_API_KEY:-}"'],
    ['keywords: [Haifa]', 'keywords: [Haifa]'],
  ] as const) {
    it(`shows ${text} as ${shown}`, () => {
      expect(withoutSecrets(text)).to.equal(shown)
      expect(withoutSecrets(text)).to.have.length(text.length)
    })
  }
})
