import type { Call, Speaker } from '../contracts/index.ts'

/**
 * Who speaks on a channel (from 0) of a recording with so many channels.
 *
 * Twilio puts the parent leg on the first channel and the child leg on the second. The parent leg is the customer
 * where they called us (`inbound`) and where the API called them (`outbound-api`), but the agent where an agent's
 * device dialled out (`outbound-dial`). A recording of unknown direction counts as inbound. One channel has both
 * speakers on it, and of more than two (a conference) nobody knows.
 * Source: https://www.twilio.com/docs/voice/twiml/dial#record
 */
export function speakerOfChannel(call: Pick<Call, 'direction'>, channel: number, channels: number): Speaker {
  if (channels !== 2 || (channel !== 0 && channel !== 1)) return 'unknown'
  const parent: Speaker = call.direction === 'outbound-dial' ? 'agent' : 'customer'
  const child: Speaker = parent === 'agent' ? 'customer' : 'agent'
  return channel === 0 ? parent : child
}
