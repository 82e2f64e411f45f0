/**
 * What the pipeline carries: runs of records, their class of service, and the ways in which they end.
 *
 * A *run* is n ≥ 1 consecutive records of one stream that are equal in size, key and class. In production n is 1; the
 * simulator makes n as large as its fidelity allows. Everything that decides takes runs, so there is one copy of it.
 */

/** Class of service, in rising value: the lower is evicted for the higher. Indexes into per-class columns. */
export const CLASSES = ['low', 'normal', 'high'] as const;
export type ServiceClass = (typeof CLASSES)[number];

/** The key of a record without one. Real key hashes are 31-bit, so that −1 can't collide with one. */
export const NO_KEY = -1;

/**
 * Why a record was dropped: it is known not to be in any log.
 *
 * - `buffer-full`: no room on admission, and the overflow policy gave it none
 * - `evicted`: admitted, then removed for the sake of another record
 * - `expired`: its delivery time-out passed before it was ever handed to the network
 * - `too-large`: above `recordBytesMax`
 * - `retries-exhausted`: refused by the cluster (surely not written) as often as the retry policy allows
 * - `refused`: refused by the cluster with an error that no retry mends
 * - `closed`: offered after, or still queued at, the end of `close`
 * - `invalid`: malformed input that could not be encoded
 * - `over-quota`: beyond what its tenant may hand over
 * - `claim-check-failed`: the store did not take the body of an oversize record in time
 * - `spill-lost`: spilled to disk, and the disk has lost it since
 */
export const DROP_CAUSES = [
  'buffer-full',
  'evicted',
  'expired',
  'too-large',
  'retries-exhausted',
  'refused',
  'closed',
  'invalid',
  'over-quota',
  'claim-check-failed',
  'spill-lost',
] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

/** Number of acknowledgements the producer waits for: none, the leader's, or the whole in-sync set's. */
export type Acks = 0 | 1 | -1;
