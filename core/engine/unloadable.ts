import { type AftercallError, errorRecord } from '../contracts/index.ts'
import type { Checkpoint } from '../store/checkpoint.ts'
import type { ClaimedRun } from '../store/claims.ts'
import { CALL_STATUS_OF } from '../store/state.ts'

/**
 * The end of a run whose plan cannot be had: failed, visible, and nobody told, since without a plan there are no
 * final stages either.
 */
export function unloadable({ hold, callId, call }: ClaimedRun, error: AftercallError): Checkpoint {
  const record = errorRecord(error)
  return {
    hold,
    status: 'settled',
    dueInMs: null,
    keeps: 'release',
    claim: 'advance',
    decides: { status: 'failed', reason: error.message, error: { ...record, stage: '' } },
    stages: [],
    attempts: [],
    artifacts: [],
    forgetParts: [],
    call: {
      callId,
      recordingSid: call.recordingSid,
      columns: { status: CALL_STATUS_OF.failed, error_code: record.code, error_message: record.message },
    },
  }
}
