import type { ProduceOutcome } from '../../ports.ts';
import type { Acks } from '../../record.ts';
import { outcomeOfCode } from '../kafka-errors.ts';

interface Node {
  readonly apiCode?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/** UNKNOWN_SERVER_ERROR, which is also how the client marks an error of a single record. */
const UNKNOWN = -1;
const DEPTH_MAX = 8;

/** Kafka's error code in a tree of errors. What the broker said of the partition outweighs what it said of a record. */
export function codeOf(error: unknown, depth = 0): number | undefined {
  if (typeof error !== 'object' || error === null || depth > DEPTH_MAX) return undefined;
  const { apiCode, errors, cause } = error as Node;
  let found = typeof apiCode === 'number' ? apiCode : undefined;
  for (const each of [...(Array.isArray(errors) ? errors : []), cause]) {
    if (found !== undefined && found !== UNKNOWN) break;
    found = codeOf(each, depth + 1) ?? found;
  }
  return found;
}

/** What an error after the request was handed to a connection says of the batch: without a code, nothing. */
export function outcomeOfError(cause: unknown, acks: Acks): ProduceOutcome {
  const code = codeOf(cause);
  return code === undefined ? { ok: false, fate: 'maybe-written', cause } : outcomeOfCode({ code, acks, cause });
}
