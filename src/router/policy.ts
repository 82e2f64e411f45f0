/**
 * The decisions of a router that a user can replace. Like the producer's: no clock, no randomness of their own, so the
 * same object runs in production and in the simulator. One instance may serve many cores: keep no state in it.
 */

/**
 * A sink's answer to a write. `rejected`: not now (HTTP 429). `refused`: never, these records are not to its liking (HTTP
 * 400, such as a field of another type than the index has). `failed`: everything else.
 */
export type WriteResult = 'ok' | 'rejected' | 'refused' | 'failed';

/** Why an attempt has to be made again. */
export type RetryReason = 'rejected' | 'refused' | 'failed' | 'timed-out' | 'fetch' | 'commit';

/**
 * Decides how long to wait before the next attempt. A router never gives up by itself: what it drops nobody else would
 * write.
 */
export interface RouterRetryPolicy {
  readonly name: string;
  /**
   * What becomes of a write that the sink will never take. `retry`, the default: it is tried for ever, and nothing behind
   * it is committed, until somebody mends sink or records. `drop`: it is lost to that sink, and told.
   */
  readonly refused?: 'retry' | 'drop' | undefined;
  /** Wait before the next attempt, ns. `attempt` ≥ 1 counts those that failed in a row; `draw` is uniform in [0, 1). */
  backoffNs(attempt: number, reason: RetryReason, draw: number): number;
}

/** Decides what is committed, and when. */
export interface CommitPolicy {
  readonly name: string;
  /**
   * What may be committed. `written`, the default: the contiguous prefix that every sink has acknowledged (T16), which
   * gives at least once. `fetched`: all that has come from the log, which gives at most once: what a container holds when
   * it dies is committed already, and nobody reads it again. A Kafka consumer with `enable.auto.commit` that hands records
   * to other threads does so.
   */
  readonly upTo?: 'written' | 'fetched';
  /**
   * When the next commit is due, ns. Asked only while something waits that may be committed.
   * @param records that have come to be so since a commit was last asked for, over all slots
   * @param lastNs time of the last round of commits, or of the start
   */
  dueNs(records: number, lastNs: number): number;
}

/** Decides when to stop asking for more. */
export interface BackpressurePolicy {
  readonly name: string;
  /**
   * Whether one more fetch may be asked. Positional, since it is asked for each fetch. Not asked while nothing is held
   * nor asked for: then one fetch always goes out, or a bound below one fetch would stop the job for good.
   * @param heldBytes fetched and not yet acknowledged by every sink
   * @param askedBytes what fetches that are on their way may bring at most
   * @param nextBytes what this fetch may bring at most
   */
  mayFetch(heldBytes: number, askedBytes: number, nextBytes: number): boolean;
  /** True when writes only go out against credit, in records, that the sink has granted. */
  readonly byCredit: boolean;
  /** Largest write, records: under credit the largest grant that can be outstanding, else a write might never fit. */
  readonly writeRecordsMax: number;
}

/**
 * Where a slot goes on whose offset retention has removed (AK `auto.offset.reset`): at the first record that is left, at
 * the end of the log, or nowhere: it stops until somebody restarts it elsewhere.
 */
export type OffsetReset = 'earliest' | 'latest' | 'none';

/** Why records never got to the router: retention was faster, or a reset to the latest passed over what was left. */
export type SkipCause = 'retention' | 'skipped-by-reset';

/** How fetched ranges become writes. A write closes at whichever bound it meets first. */
export interface Grouping {
  /** `container`: one open write takes ranges of all slots. `partition`: each slot has its own. */
  readonly scope: 'container' | 'partition';
  readonly bytesMax: number;
  readonly recordsMax: number;
  /** Age at which a write is due, ns; 0 sends what a fetch brought at once. While no write may start, due writes grow on. */
  readonly ageNs: number;
}
