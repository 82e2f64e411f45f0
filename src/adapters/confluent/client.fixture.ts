/** librdkafka's Node binding as the adapter sees it, without librdkafka: what it tells, and when, is the test's to say. */
import type { ConfluentClient, NativeError, NativeMessage, NativePartition, RebalancingConsumer } from './client.ts';

type Listener = (...args: never[]) => void;
type Callback = (error: NativeError | null, ...rest: unknown[]) => void;

export interface Taken {
  readonly topic: string;
  readonly partition: number;
  readonly value: Uint8Array | null;
  readonly opaque: number;
  readonly headers: unknown;
}

/** Error as the client makes them. */
export function nativeError(code: number, more: Partial<NativeError> = {}): NativeError {
  return Object.assign(new Error(`librdkafka ${code}`), { code, ...more });
}

export class FakeProducer {
  readonly config: Readonly<Record<string, unknown>>;
  readonly taken: Taken[] = [];
  /** What `connect` and `getMetadata` answer; null is success. */
  failure: NativeError | null = null;
  /** After so many records `produce` throws. */
  takesMax = Infinity;
  disconnected = false;
  readonly #listeners = new Map<string, Listener[]>();
  #connected = false;

  constructor(config: Readonly<Record<string, unknown>>, failure: NativeError | null) {
    this.config = config;
    this.failure = failure;
  }

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(args as never[]));
  }

  connect(_options: unknown, callback: Callback): void {
    this.#connected = this.failure === null;
    setImmediate(() => callback(this.failure));
  }

  isConnected(): boolean {
    return this.#connected;
  }

  setPollInBackground(): void {}

  getMetadata({ topic }: { topic?: string }, callback: Callback): void {
    const partitions = [
      { id: 0, leader: 1 },
      { id: 1, leader: -1 },
    ];
    setImmediate(() => callback(this.failure, { topics: topic === undefined ? [] : [{ name: topic, partitions }] }));
  }

  produce(
    topic: string,
    partition: number,
    value: Uint8Array | null,
    _key: Uint8Array | null,
    _timestamp: number,
    opaque: number,
    headers: unknown,
  ): void {
    if (this.taken.length === this.takesMax) throw nativeError(-184);
    this.taken.push({ topic, partition, value, opaque, headers });
  }

  /** Reports on records taken, oldest first. */
  report(...ends: (NativeError | number)[]): void {
    for (const end of ends) {
      const { opaque } = this.taken.shift()!;
      if (typeof end === 'number') this.emit('delivery-report', null, { offset: end, opaque });
      else this.emit('delivery-report', end, { offset: -1001, opaque });
    }
  }

  disconnect(_timeoutMs: number, callback: Callback): void {
    this.disconnected = true;
    this.#connected = false;
    setImmediate(() => callback(null));
  }
}

export class FakeConsumer implements RebalancingConsumer {
  readonly calls: string[] = [];
  readonly messages: NativeMessage[] = [];
  readonly config: {
    rebalance_cb(error: NativeError, partitions: readonly NativePartition[]): void;
    offset_commit_cb(error: NativeError | null, next: readonly object[]): void;
    readonly [name: string]: unknown;
  };
  protocol = 'EAGER';
  /** How commits end; null is success, undefined no answer. */
  commitFailure: NativeError | null | undefined = null;
  readonly #paused = new Set<number>();

  constructor(config: FakeConsumer['config']) {
    this.config = config;
  }

  on(): void {}

  connect(_options: unknown, callback: Callback): void {
    setImmediate(() => callback(null));
  }

  isConnected(): boolean {
    return true;
  }

  setDefaultConsumeTimeout(): void {}

  consume(records: number, callback: (error: null, messages: readonly NativeMessage[]) => void): void {
    const ready = this.messages.filter(({ partition }) => !this.#paused.has(partition)).slice(0, records);
    for (const message of ready) this.messages.splice(this.messages.indexOf(message), 1);
    setImmediate(() => callback(null, ready));
  }

  subscribe(topics: readonly string[]): void {
    this.calls.push(`subscribe ${topics}`);
  }

  rebalanceProtocol(): string {
    return this.protocol;
  }

  assign(to: readonly NativePartition[]): void {
    this.#note('assign', to);
  }

  unassign(): void {
    this.calls.push('unassign');
  }

  incrementalAssign(to: readonly NativePartition[]): void {
    this.#note('incrementalAssign', to);
  }

  incrementalUnassign(from: readonly NativePartition[]): void {
    this.#note('incrementalUnassign', from);
  }

  commit(next: readonly (NativePartition & { offset: number })[]): void {
    this.calls.push(`commit ${next.map(({ partition, offset }) => `${partition}@${offset}`)}`);
    const failure = this.commitFailure;
    if (failure !== undefined) setImmediate(() => this.config.offset_commit_cb(failure, [...next].reverse()));
  }

  pause(at: readonly NativePartition[]): void {
    this.#note('pause', at);
    for (const { partition } of at) this.#paused.add(partition);
  }

  resume(at: readonly NativePartition[]): void {
    this.#note('resume', at);
    for (const { partition } of at) this.#paused.delete(partition);
  }

  disconnect(callback: (error: null) => void): void {
    this.calls.push('disconnect');
    setImmediate(() => callback(null));
  }

  #note(what: string, partitions: readonly NativePartition[]): void {
    this.calls.push(`${what} ${partitions.map(({ partition }) => partition)}`);
  }
}

/** The package, and the clients that were made of it. */
export class FakeClient {
  readonly producers: FakeProducer[] = [];
  readonly consumers: FakeConsumer[] = [];
  /** What the next client's `connect` answers. */
  failure: NativeError | null = null;

  get client(): ConfluentClient {
    const { producers, consumers } = this;
    const failure = (): NativeError | null => this.failure;
    return {
      Producer: class extends FakeProducer {
        constructor(config: Readonly<Record<string, unknown>>) {
          super(config, failure());
          producers.push(this);
        }
      } as unknown as ConfluentClient['Producer'],
      KafkaConsumer: class extends FakeConsumer {
        constructor(config: FakeConsumer['config']) {
          super(config);
          consumers.push(this);
        }
      } as unknown as ConfluentClient['KafkaConsumer'],
    };
  }
}
