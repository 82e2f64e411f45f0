import type { ProduceOutcome } from '../../ports.ts';
import type { Acks } from '../../record.ts';
import { outcomeOfCode } from '../kafka-errors.ts';
import type { NativeError } from './client.ts';

/** librdkafka's own codes, `RD_KAFKA_RESP_ERR__…` in its rdkafka.h. Those not named here may stand for anything. */
const TRANSPORT = -195;
const RESOLVE = -193;
const ALL_BROKERS_DOWN = -187;
const QUEUE_FULL = -184;
const UNKNOWN_PARTITION = -190;
const UNKNOWN_TOPIC = -188;
const STATE = -172;
const PURGE_QUEUE = -152;

/**
 * What became of a record that librdkafka reports as failed.
 *
 * It knows whether the request had left (`rd_kafka_message_status`), but its Node binding does not pass that on. So
 * `_MSG_TIMED_OUT` is `maybe-written` even if the record waited in the queue for a broker all the time; `_TRANSPORT` is
 * told only of requests that had left, as others go back into the queue.
 */
export function outcomeOfReport(error: NativeError, acks: Acks): ProduceOutcome {
  const { code } = error;
  if (code > 0) return outcomeOfCode({ code, acks, cause: error });
  switch (code) {
    case UNKNOWN_PARTITION:
    case UNKNOWN_TOPIC:
      return { ok: false, fate: 'not-written', next: 'refresh-metadata', code, cause: error };
    case QUEUE_FULL:
    case PURGE_QUEUE:
      return { ok: false, fate: 'not-written', next: 'backoff', code, cause: error };
    case STATE:
      return { ok: false, fate: 'not-written', next: 'reconnect', code, cause: error };
    default:
      return { ok: false, fate: 'maybe-written', code, cause: error };
  }
}

/** News that no broker is connected. `_TRANSPORT` as news is of one broker, and does not say which. */
export function tellsThatAllAreAway({ code }: NativeError): boolean {
  return code === ALL_BROKERS_DOWN;
}

/** The same as the answer to a question. A time-out is not: it may be of one broker that hangs. */
export function meansThatAllAreAway({ code }: NativeError): boolean {
  return code === ALL_BROKERS_DOWN || code === TRANSPORT || code === RESOLVE;
}

/** Why `produce` did not take a record: whatever it says, that record never was in librdkafka's queue. */
export function outcomeOfRefusal(cause: unknown, acks: Acks): ProduceOutcome {
  const code = (cause as Partial<NativeError> | null)?.code;
  // Without a code it is the JavaScript side that refuses: the client is not connected.
  if (typeof code !== 'number') return { ok: false, fate: 'not-written', next: 'reconnect', cause };
  if (meansThatAllAreAway(cause as NativeError)) {
    return { ok: false, fate: 'not-written', next: 'reconnect', code, cause };
  }
  const outcome = outcomeOfReport(cause as NativeError, acks);
  if (!outcome.ok && outcome.fate === 'not-written') return outcome;
  return { ok: false, fate: 'not-written', next: 'backoff', code, cause };
}
