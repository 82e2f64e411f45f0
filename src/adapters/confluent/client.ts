/**
 * The part of @confluentinc/kafka-javascript that the adapter uses, as types of our own: the package has a native build
 * that nobody should need who does not use it. Its callback interface, not the promised one, which tells only the first
 * failure of a send and offers no way to hold up a rebalance.
 */

/** What `import client from '@confluentinc/kafka-javascript'` gives. */
export interface ConfluentClient {
  // `never`, as its own types list every setting by name: what is passed is checked by librdkafka itself.
  readonly Producer: new (
    config: never,
  ) => NativeProducer;
  readonly KafkaConsumer: new (config: never, topicConfig: never) => NativeConsumer;
}

/** Settings as librdkafka names them. */
export type ConfluentConfig = Readonly<Record<string, string | number | boolean | object>>;

export interface NativeError {
  readonly message: string;
  /** Negative: librdkafka's own. Positive: the broker's. */
  readonly code: number;
  readonly isFatal?: boolean;
}

/** The client's own callbacks give null or nothing when all is well. */
type Failure = NativeError | null | undefined;

export interface NativeMetadata {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly id: number; readonly leader: number }[];
  }[];
}

export interface NativePartition {
  readonly topic: string;
  readonly partition: number;
}

export interface NativeMessage extends NativePartition {
  readonly offset: number;
  readonly key?: Uint8Array | string | null;
  readonly value: Uint8Array | null;
  readonly timestamp?: number;
  /** One object a header, its name being the only key. */
  readonly headers?: readonly Record<string, Uint8Array | string>[];
}

interface Native {
  // Methods, not properties: their parameters are compared both ways, as the package's own types are narrower.
  connect(options: { timeout: number }, callback: (error: Failure) => void): unknown;
  isConnected(): boolean;
  on(event: 'event.error', listener: (error: NativeError) => void): unknown;
}

export interface NativeProducer extends Native {
  on(event: 'event.error', listener: (error: NativeError) => void): unknown;
  on(
    event: 'delivery-report',
    listener: (error: Failure, report: { readonly offset: number; readonly opaque?: unknown }) => void,
  ): unknown;
  getMetadata(
    options: { topic?: string; allTopics?: boolean; timeout: number },
    callback: (error: Failure, metadata: NativeMetadata) => void,
  ): unknown;
  /** Throws when the record was not taken. */
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: Buffer | null,
    timestamp: number,
    opaque: number,
    headers?: Record<string, Buffer | string>[],
  ): unknown;
  setPollInBackground(background: boolean): unknown;
  disconnect(timeoutMs: number, callback: (error: Failure) => void): unknown;
}

export interface NativeConsumer extends Native {
  setDefaultConsumeTimeout(timeoutMs: number): void;
  consume(records: number, callback: (error: Failure, messages: readonly NativeMessage[]) => void): void;
  subscribe(topics: string[]): unknown;
  assign(to: NativePartition[]): unknown;
  unassign(): unknown;
  /** Asks for a commit and returns; how it went is told to `offset_commit_cb`. */
  commit(next: (NativePartition & { offset: number })[]): unknown;
  pause(at: NativePartition[]): unknown;
  resume(at: NativePartition[]): unknown;
  disconnect(callback: (error: Failure) => void): unknown;
}

/** It has these, too; its types do not say so. */
export interface RebalancingConsumer extends NativeConsumer {
  rebalanceProtocol(): string;
  incrementalAssign(to: NativePartition[]): unknown;
  incrementalUnassign(from: NativePartition[]): unknown;
}
