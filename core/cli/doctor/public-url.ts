import type { Configuration } from '../../configuration.ts'
import { type Finding, failed, ok, warn } from './finding.ts'
import { probe } from './probe.ts'

/** Whether this server can be reached where Twilio will call it. */
export async function checkPublicUrl({ publicUrl, port }: Configuration): Promise<Finding> {
  const name = 'public URL'
  if (publicUrl === undefined) {
    const remedy = `Set PUBLIC_URL to the https address that leads to port ${port} here (a reverse proxy or a tunnel).`
    return warn(name, 'PUBLIC_URL is not set: Twilio cannot call back', remedy)
  }
  const remedy = `Start the server (\`aftercall start\`), and let ${publicUrl} lead to port ${port} here, path unchanged.`
  try {
    const response = await probe(`${publicUrl}/healthz`)
    await response.body?.cancel()
    if (!response.ok) return warn(name, `${publicUrl}/healthz answers HTTP ${response.status}`, remedy)
  } catch (error) {
    return { ...failed(name, error, remedy), status: 'warn' }
  }
  if (publicUrl.startsWith('https:')) return ok(name, `${publicUrl} leads here`)
  return warn(name, `${publicUrl} is not encrypted`, 'Use https: recordings and callbacks are private.')
}
