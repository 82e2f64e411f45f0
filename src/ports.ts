/**
 * The only doors to the outside: a Kafka client to produce with, one to consume with, a sink, and the clock. Adapters
 * implement them around a client that the user injects; tests and the simulator implement them around memory.
 *
 * What goes wrong in operation is an answer, not an exception. Drivers do not rely on that: a port that throws, rejects
 * or never settles costs the records of that call their certainty, and nothing else.
 */
import type { Acks } from './record.ts';

/** A record as a client takes it. Its bytes belong to the library from `send` until it is settled: do not change them. */
export interface WireRecord {
  readonly key: Uint8Array | null;
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, Uint8Array | string>> | undefined;
  /** When the event happened, ms since 1970. */
  readonly timestampMs: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * How a produce call ended. What matters is whether the batch may be in a log: a retry of `maybe-written` can duplicate,
 * and giving it up leaves its fate unknown; `not-written` is certain.
 */
export type ProduceOutcome =
  /** Written with the acknowledgements asked for. `null`: acks 0, or a duplicate that the broker recognised. */
  | { readonly ok: true; readonly baseOffset: bigint | null }
  | {
      readonly ok: false;
      readonly fate: 'not-written';
      /**
       * - `backoff`: wait, then try again
       * - `refresh-metadata`: the leader is elsewhere; ask, then try again
       * - `reconnect`: nothing left this process; does not count as an attempt
       * - `never`: no retry mends it (too large, not authorised, unknown for good)
       */
      readonly next: 'backoff' | 'refresh-metadata' | 'reconnect' | 'never';
      /** Kafka's error code, if there is one. */
      readonly code?: number;
      readonly cause: unknown;
    }
  /** Time-out, or the connection broke after the request left. */
  | { readonly ok: false; readonly fate: 'maybe-written'; readonly code?: number; readonly cause: unknown };

export interface PartitionLeader {
  readonly partition: number;
  /** Broker id, −1 while there is none. */
  readonly leader: number;
}

export interface ProducerPort {
  readonly caps: {
    /** Acknowledgements can differ from call to call. If not, a producer refuses `acksByTopic` that differ. */
    readonly acksPerCall: boolean;
    /** The broker recognises duplicates of this client. */
    readonly idempotent: boolean;
    /** The client retries by itself: waits and counts of this library come on top. */
    readonly retriesInternally: boolean;
  };
  /**
   * Connects, or checks that the connection is good. Called again after failures, for as long as the producer lives: it
   * must rebuild a client that has given itself up, and do nothing to one that works. Rejects while the cluster is away.
   */
  open(): Promise<void>;
  /** Leaders of the topic's partitions. Rejects, or answers nothing, while they are unknown. */
  metadata(topic: string): Promise<readonly PartitionLeader[]>;
  /**
   * Writes one batch to one partition; one partition a call, as some clients fail a whole call for one of them. Settles
   * within about `timeoutMs`; after it the producer no longer listens, but holds the call against the broker's quota.
   */
  produce(
    batch: TopicPartition & { readonly records: readonly WireRecord[] },
    options: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome>;
  /** Closes within `graceMs`; no call comes after it. */
  close(graceMs: number): Promise<void>;
}

export interface ConsumedRecord extends WireRecord {
  readonly offset: bigint;
}

export interface ConsumerHandler {
  /** Records of one partition, in order. The port fetches no more for it until the promise settles: that is back-pressure. */
  batch(at: TopicPartition, records: readonly ConsumedRecord[]): Promise<void>;
  assigned(to: readonly TopicPartition[]): void;
  /**
   * Commit what is done before it settles; then the partitions belong to others (if `caps.revokeBarrier`). Also called by
   * `close`. What is assigned next begins at what was committed, even if the partition was one's own before.
   */
  revoked(from: readonly TopicPartition[]): Promise<void>;
  error(error: { readonly fatal: boolean; readonly cause: unknown }): void;
}

export interface ConsumerPort {
  readonly caps: {
    /** `pause` works by partition, not only for all at once. */
    readonly partitionPause: boolean;
    /** A revoked partition goes to nobody else until `revoked` has settled. */
    readonly revokeBarrier: boolean;
  };
  /**
   * Joins and consumes until `close`, which resolves it; called once. Rejects if it can not start, or ends for good:
   * `handler.error` then told a fatal one. Whatever else goes wrong it mends itself, and tells as well.
   */
  run(topics: readonly string[], handler: ConsumerHandler): Promise<void>;
  /** `offset` is the next one to read. Rejects when the commit did not take place. */
  commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void>;
  pause(at: readonly TopicPartition[]): void;
  resume(at: readonly TopicPartition[]): void;
  close(graceMs: number): Promise<void>;
}

/** How a write to a sink ended. */
export type WriteOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Indexes of the records that were not taken, ascending; `all` also when the fate of the call is unknown. */
      readonly rejected: readonly number[] | 'all';
      /** `backoff`: the sink is overloaded or away. `never`: it will not take these records, now or later. */
      readonly next: 'backoff' | 'never';
      /** What the sink asked for, if it did. */
      readonly retryAfterMs?: number;
      readonly cause: unknown;
    };

export interface SinkPort {
  readonly caps: {
    /** The sink asks for records (`demand`); without it, in-flight writes alone are bounded. */
    readonly credit: boolean;
    /** Writing the same record twice leaves one. */
    readonly deduplicates: boolean;
  };
  open(): Promise<void>;
  /** Settles once the records are durable, within about `timeoutMs`. */
  write(
    batch: TopicPartition & { readonly records: readonly ConsumedRecord[] },
    options: { readonly timeoutMs: number },
  ): Promise<WriteOutcome>;
  /** With `caps.credit`: calls back with how many more records the sink will take. Replaces an earlier listener. */
  demand?(listener: (records: number) => void): void;
  close(graceMs: number): Promise<void>;
}

/** Where bodies of oversize records go: S3 and its like. Objects are written once and never changed. */
export interface ObjectStorePort {
  /**
   * Settles once the object is durable; rejects when it may not be. The same key and bytes may come again after a
   * rejection. `signal` says that nobody waits any longer.
   */
  put(key: string, body: Uint8Array, options: { readonly signal: AbortSignal }): Promise<void>;
  /** `null`: there is no such object. Rejects when that can't be told now. */
  get(key: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array | null>;
}

/** A schema registry, as far as records need one. Ids are of the whole registry, and never change their meaning. */
export interface SchemaRegistryPort {
  /** Id of the schema under this subject, registered if it is new. `null`: refused for good. Rejects when away. */
  idOf(subject: string, schema: string): Promise<number | null>;
  /** Text of the schema. `null`: there is none of this id. Rejects when away. */
  schemaOf(id: number): Promise<string | null>;
}

/** A callback that waits. */
export interface Timer {
  /** Nothing happens if it has run or was cancelled. */
  cancel(): void;
}

/** Time as drivers see it. Cores see numbers. */
export interface Clock {
  /** Monotonic time from an arbitrary start, whole nanoseconds. */
  nowNs(): number;
  /** Time of day, ms since 1970: for timestamps of records, never for waits. */
  wallMs(): number;
  /**
   * Runs the callback once, after `delayNs` or a little later; 0 is the next turn of the event loop. Waiting does not
   * keep the process alive unless `keepAlive` is set.
   */
  after(delayNs: number, callback: () => void, options?: { readonly keepAlive?: boolean }): Timer;
}
