// Loaded into a measured process before anything else (--import): tells the measuring process where the server
// listens and, when asked, what the process has used. The server itself knows nothing of it.
import { subscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'

export type MeterQuestion = 'usage'

export type MeterAnswer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'usage'; readonly peakBytes: number; readonly cpuMs: number }

function tell(answer: MeterAnswer): void {
  process.send?.(answer)
}

subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  // Node documents `{ server }` as what this channel tells, and types every channel's as unknown.
  const address = (message as { readonly server: Server }).server.address()
  if (typeof address === 'object' && address !== null) tell({ kind: 'listening', port: address.port })
})

process.on('message', (question: MeterQuestion) => {
  if (question !== 'usage') return
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  tell({ kind: 'usage', peakBytes: maxRSS * 1_024, cpuMs: (userCPUTime + systemCPUTime) / 1_000 })
})
// Listening keeps the channel, and so the process, alive; a server that has stopped is to end.
process.channel?.unref()
