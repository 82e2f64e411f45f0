/** Windows of event time: what happened in [window · length, (window + 1) · length) belongs together, whenever it passes. */
import { textHash32 } from '../hash.ts';

export function windowOf(eventMs: number, windowMs: number): number {
  return Math.floor(eventMs / windowMs);
}

/**
 * Whether a record is in the sample of so large a share: a pure function of its guid, so that every tier counts the same
 * records and what is missing in one is missing for a reason.
 */
export function isSampled(guid: string, share: number): boolean {
  return share >= 1 || textHash32(guid) < share * 4_294_967_296;
}
