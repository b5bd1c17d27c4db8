import Router from '@koa/router'
import { AftercallError, type Logger } from '../contracts/index.ts'
import type { VoiceSettings } from '../contracts/voice-settings.ts'
import type { Queue } from '../queue/queue.ts'
import type { Ingested, RecordingCallback } from '../store/recording-callbacks.ts'
import type { PlanReference } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { VoiceBusiness } from '../store/voice-business.ts'
import type { VoiceCallback } from '../store/voice-callbacks.ts'
import { failingParts } from './health.ts'
import { recordingCallback } from './recording-callback.ts'
import { logRecordingStarted, type RecordingStarter } from './recording-starter.ts'
import type { Signer } from './signature.ts'
import { signedCallback } from './signed-callback.ts'
import { statusCallback } from './status-callback.ts'
import { answerOf, recordingAskOf, type VoiceAnswer } from './voice/answer.ts'
import { twimlAfterMessage, twimlOf } from './voice/twiml.ts'
import { voiceCallback } from './voice/voice-callback.ts'

export interface IngressOptions extends Signer {
  readonly store: Store
  readonly queue: Queue
  /** The pipeline in force: what a run that starts now will go by. */
  readonly plan: () => PlanReference
  /** How calls are answered. */
  readonly voice: VoiceSettings
  /** Starts recordings by a request to Twilio, where `voice` says so. */
  readonly recordings: Pick<RecordingStarter, 'startSoon'>
  readonly logger: Logger
}

/**
 * The door: Twilio's callbacks, and health. A callback is acknowledged (204) once its rows are committed, and never
 * before: 503 tells Twilio to send it again. It is never redirected, as Twilio would follow with a GET and no form.
 */
export function ingressRouter(options: IngressOptions): Router {
  const { store, queue, plan, voice, logger } = options
  const router = new Router({ sensitive: true, strict: true })

  router.post('/twilio/voice', async (context) => {
    const callback = await signedCallback(context, options, voiceCallback)
    context.type = 'text/xml'
    if (context.query['after'] === 'record') {
      context.body = twimlAfterMessage()
      return
    }
    const answerTo = (business: VoiceBusiness | null) => answerOf(voice, business, callback.to)
    const business = await stored(() => store.ingestVoice(callback, (business) => recordingAskOf(answerTo(business))))
    const answer = answerTo(business)
    logVoice(logger, callback, answer)
    // Without PUBLIC_URL no signature is accepted.
    context.body = twimlOf(answer, options.publicUrl ?? '')
  })

  router.post('/twilio/recording', async (context) => {
    const callback = await signedCallback(context, options, recordingCallback)
    const ingested = await stored(() => store.ingestRecording(callback, plan()))
    logRecording(logger, callback, ingested)
    if (ingested.kind === 'started') queue.wake()
    context.status = 204
  })

  router.post('/twilio/status', async (context) => {
    const callback = await signedCallback(context, options, statusCallback)
    const { accountSid, callSid, parentCallSid, callStatus } = callback
    const ingested = await stored(() => store.ingestStatus(callback, voice.recording === 'rest' ? 'record' : 'leave'))
    if (ingested.kind === 'stored' && ingested.recording === 'due') {
      options.recordings.startSoon({ callSid: parentCallSid ?? callSid, accountSid })
    }
    logger.debug({ callSid, callStatus }, 'Saved the status of a call')
    context.status = 204
  })

  router.get('/healthz', (context) => {
    context.body = { status: 'alive' }
  })

  router.get('/readyz', async (context) => {
    const failing = await failingParts(store, queue, logger)
    context.status = failing.length === 0 ? 200 : 503
    context.body = failing.length === 0 ? { status: 'ready' } : { status: 'not ready', failing }
  })

  return router
}

/** Whatever keeps a callback from being stored, Twilio is to send it again. */
async function stored<T>(ingest: () => Promise<T>): Promise<T> {
  try {
    return await ingest()
  } catch (error) {
    throw new AftercallError('the callback could not be stored', { code: 'database-unavailable', cause: error })
  }
}

function logRecording(logger: Logger, { callSid, recordingSid, status }: RecordingCallback, ingested: Ingested): void {
  if (ingested.kind === 'repeated') {
    logger.debug({ callSid, recordingSid, status }, 'Twilio repeated a callback')
  } else if (status === 'completed') {
    logger.info(
      { callSid, recordingSid, ...(ingested.kind === 'started' ? { runId: ingested.runId } : {}) },
      `handle_recording: Saved recording_sid ${recordingSid} for ${callSid}`,
    )
  } else if (status === 'in-progress') {
    logRecordingStarted(logger, callSid, recordingSid)
  } else {
    logger.warn({ callSid, recordingSid, status }, 'Twilio has no recording of a call')
  }
}

function logVoice(logger: Logger, { callSid, to }: VoiceCallback, { handling }: VoiceAnswer): void {
  if (handling.kind === 'refuse') {
    const remedy = 'Set `twilio.dial.to`, or `aftercall business add --forward-to`, to another number than is called.'
    logger.warn({ callSid, to, remedy }, 'Refused a call as busy: there is no number to put it through to')
  } else if (handling.kind === 'none') {
    const remedy =
      'Set `twilio.handling` in pipeline.yaml to dial or record, or give Twilio the URL of what handles calls.'
    logger.warn({ callSid, to, remedy }, 'Answered a call with nothing to do, so Twilio hangs up')
  } else {
    logger.debug({ callSid, handling: handling.kind }, 'Answered a call')
  }
}
