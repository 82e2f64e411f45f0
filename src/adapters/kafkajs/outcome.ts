import type { ProduceOutcome } from '../../ports.ts';
import type { Acks } from '../../record.ts';
import { outcomeOfCode } from '../kafka-errors.ts';

/** UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED. */
const TOLD_BY_METADATA = new Set([3, 5, 17, 29]);

interface KafkaJsError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** Kafka's error code in a kafkajs error or what caused it: persistent errors come wrapped once or twice. */
export function codeOf(error: unknown): number | undefined {
  let each = error as KafkaJsError | null | undefined;
  for (let depth = 0; depth < 5 && typeof each === 'object' && each !== null; depth++) {
    // A connection error has a code, too, of Node: a text.
    if (typeof each.code === 'number') return each.code;
    each = each.cause as KafkaJsError | null | undefined;
  }
  return undefined;
}

export interface FailedSend {
  readonly error: unknown;
  readonly acks: Acks;
  /** The records were encoded, so the request may have been written to a socket. */
  readonly left: boolean;
  /** No connection of the client ended while the call ran. */
  readonly unbroken: boolean;
}

/**
 * What a rejection of `producer.send` says of the batch. Which error kafkajs rejects with does not say enough: after a
 * connection broke it asks for metadata, and if that fails rejects with *that* error, which looks harmless.
 */
export function outcomeOfError({ error, acks, left, unbroken }: FailedSend): ProduceOutcome {
  const code = codeOf(error);
  if (!left) {
    if (code === undefined) return { ok: false, fate: 'not-written', next: 'reconnect', cause: error };
    const outcome = outcomeOfCode({ code, acks, cause: error });
    if (!outcome.ok && outcome.fate === 'not-written') return outcome;
    return { ok: false, fate: 'not-written', next: 'backoff', code, cause: error };
  }
  if (code !== undefined && (unbroken || !TOLD_BY_METADATA.has(code)))
    return outcomeOfCode({ code, acks, cause: error });
  return { ok: false, fate: 'maybe-written', cause: error };
}
