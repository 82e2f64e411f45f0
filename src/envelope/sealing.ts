/** Sealing: from the value that an application offers to the record that goes to Kafka, envelope and all. */
import { hostname } from 'node:os';
import type { Clock, WireRecord } from '../ports.ts';
import { encode, type ProducerRecord } from '../producer/encode.ts';
import type { DropCause } from '../record.ts';
import { ClaimCheck, type ClaimCheckOptions } from './claim-check.ts';
import { type Codec, type Encoded, raw } from './codec.ts';
import { type Envelope, wrap } from './envelope.ts';
import { GuidSource } from './guid.ts';
import { randomWords } from './random-words.ts';
import { referenceText } from './reference.ts';
import type { Preparation } from './waiting-room.ts';

export interface EnvelopeOptions<V = Uint8Array | string> {
  /** Name of the application. */
  readonly app: string;
  /** Default: the machine's own name. */
  readonly host?: string;
  /** How values become bytes. Default `raw()`: they are bytes or text already. */
  readonly codec?: Codec<V>;
  /** Unsigned 32-bit integers for the guids. Default: from the system. Give a seeded one to make a run repeatable. */
  readonly random?: () => number;
}

const NO_BYTES = new Uint8Array(0);
/** What a claim check adds to a record: its header, a key of the longest form. */
const PENDING_OVERHEAD_BYTES = 512;

export class Sealer<V> {
  readonly #app: string;
  readonly #host: string;
  readonly #codec: Codec<V>;
  readonly #guids: GuidSource;
  readonly #claims: ClaimCheck | null;

  /** @throws TypeError, RangeError that name the option, what was expected and what came */
  constructor(options: EnvelopeOptions<V>, claimCheck: ClaimCheckOptions | undefined, clock: Clock) {
    const { app, host = hostname(), random = randomWords() } = options;
    if (typeof app !== 'string' || app === '') throw new TypeError(`envelope.app: expected a name, got ${String(app)}`);
    this.#app = app;
    this.#host = host;
    // Without a codec V is what `raw` takes.
    this.#codec = options.codec ?? (raw() as Codec<never> as Codec<V>);
    this.#guids = new GuidSource(random);
    this.#claims = claimCheck === undefined ? null : new ClaimCheck(claimCheck, clock);
    this.#codec.open?.();
  }

  /**
   * The record to send, what it must wait for first, or null when it is malformed: nothing that an application passes
   * makes this throw. The value is read now: it may change afterwards.
   */
  seal(offered: ProducerRecord<V>, nowMs: number): WireRecord | Preparation | null {
    try {
      const { topic, value, key, headers, timestampMs } = offered;
      const encoded: Encoded =
        value === null ? { bytes: NO_BYTES } : this.#codec.encode(value as NonNullable<V>, topic);
      const plain: ProducerRecord = {
        topic,
        value: value === null ? null : encoded.bytes,
        key: key ?? null,
        ...(headers !== undefined && { headers }),
        ...(timestampMs !== undefined && { timestampMs }),
        ...(offered.class !== undefined && { class: offered.class }),
      };
      const record = encode(plain, nowMs);
      if (record === null) return null;
      const envelope: Envelope = {
        id: this.#guids.next(nowMs),
        timestampMs: record.timestampMs,
        app: this.#app,
        host: this.#host,
        contentType: this.#codec.contentType,
        ...(encoded.schemaId !== undefined && { schemaId: encoded.schemaId }),
      };
      const oversize = this.#claims !== null && encoded.bytes.length > this.#claims.aboveBytes;
      if (!oversize && encoded.pending === undefined) return wrap(record, envelope);
      return {
        bytes: encoded.bytes.length + (record.key?.length ?? 0) + PENDING_OVERHEAD_BYTES,
        key: record.key,
        start: (done) => void this.#prepare({ record, envelope, encoded, oversize }).then(done),
      };
    } catch {
      return null;
    }
  }

  async #prepare(waiting: {
    readonly record: WireRecord;
    readonly envelope: Envelope;
    readonly encoded: Encoded;
    readonly oversize: boolean;
  }): Promise<WireRecord | DropCause> {
    const { record, encoded, oversize } = waiting;
    let envelope = waiting.envelope;
    if (encoded.pending !== undefined) {
      const schemaId = await new Promise<number | null>((resolve) => encoded.pending?.whenKnown(resolve));
      if (schemaId === null) return 'invalid';
      envelope = { ...envelope, schemaId };
    }
    if (!oversize) return wrap(record, envelope);
    const reference = await this.#claims!.upload(envelope.id, encoded.bytes);
    return reference === null ? 'claim-check-failed' : wrap(record, envelope, referenceText(reference));
  }
}
