import type { ICustomPartitioner, Message } from 'kafkajs';
import type { WireRecord } from '../../ports.ts';

/** The messages of one call, and how far kafkajs has come with them. */
export class Send {
  readonly messages: readonly Message[];
  /** Id of the broker that kafkajs takes for the leader. */
  leader: number | null = null;
  /** Settles when the request is on its way, or the call has ended without. */
  readonly departed: Promise<void>;
  #depart: () => void = () => {};
  #left = false;
  #cancelled = false;

  constructor({ partition, records }: { partition: number; records: readonly WireRecord[] }) {
    this.departed = new Promise((resolve) => {
      this.#depart = resolve;
    });
    this.messages = records.map((record) => messageOf(record, partition));
    const first = this.messages[0] as Message & { send?: Send };
    const { value } = first;
    first.send = this;
    // kafkajs reads the value when it encodes the request for a connection that stands, and right after that writes it.
    Object.defineProperty(first, 'value', { enumerable: true, get: () => this.#encoded(value) });
  }

  /** The request may be on its way. */
  get left(): boolean {
    return this.#left;
  }

  /** From here on nothing leaves. False if it may have left already. */
  cancel(): boolean {
    this.#cancelled = !this.#left;
    return this.#cancelled;
  }

  /** The call has ended: nobody need wait for it. */
  end(): void {
    this.#depart();
  }

  #encoded(value: Message['value']): Message['value'] {
    // `send` checks the value at once, before any work of its own.
    if (this.leader === null) return value;
    if (this.#cancelled) throw new Error('given up before it was sent');
    this.#left = true;
    this.#depart();
    return value;
  }
}

/** Keeps the core's choice of a partition, and notes on the way who leads it. */
export const asChosen: ICustomPartitioner =
  () =>
  ({ topic, partitionMetadata, message }) => {
    const { partition, send } = message as Message & { send?: Send };
    const at = partitionMetadata.find(({ partitionId }) => partitionId === partition);
    // kafkajs would send nothing and call that success.
    if (at === undefined) throw new UnknownPartitionError(`${topic} has no partition ${partition}`);
    if (send !== undefined) send.leader = at.leader;
    return partition!;
  };

/** Kafka's UNKNOWN_TOPIC_OR_PARTITION, told by the client's own metadata. */
export class UnknownPartitionError extends Error {
  override readonly name = 'UnknownPartitionError';
  readonly code = 3;
  /** kafkajs looks at it. */
  readonly retriable = false;
}

function messageOf({ key, value, headers, timestampMs }: WireRecord, partition: number): Message {
  const message: Message = { key: bufferOf(key), value: bufferOf(value), partition, timestamp: String(timestampMs) };
  if (headers === undefined) return message;
  const own: Record<string, Buffer | string> = {};
  for (const name in headers) {
    const header = headers[name];
    own[name] = typeof header === 'string' ? header : bufferOf(header)!;
  }
  return { ...message, headers: own };
}

/** The same bytes, not copied. */
function bufferOf(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
