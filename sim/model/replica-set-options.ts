/** What decides how copies of a partition follow its leader. */
import type { FetchGridOptions } from './fetch-grid.ts';

export interface ReplicaSetOptions extends FetchGridOptions {
  /** A follower leaves the in-sync set when it has not been caught up for longer (AK `replica.lag.time.max.ms`: 30 s; 10 s in 0.9). */
  readonly lagMaxNs: number;
  /** Between two looks at that: half of it since AK 1.1 (`isr-expiration`), the whole before. */
  readonly checkNs: number;
  /** A follower leaves at a check when it lacks more records (AK 0.8 `replica.lag.max.messages`, 4,000). Infinity: no bound. */
  readonly lagRecordsMax: number;
  /** To what a follower cuts its log when a leader's term begins: its own high watermark, or the leader's epoch (KIP-101). */
  readonly truncation: 'high-watermark' | 'epoch';
}
