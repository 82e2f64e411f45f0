/** Opening: from the record that a consumer reads to the one that was offered; claim checks are resolved, values decoded. */
import PQueue from 'p-queue';
import { systemClock } from '../clock.ts';
import type { Clock, ConsumedRecord, ObjectStorePort, TopicPartition } from '../ports.ts';
import { resolveClaim } from './claim-check.ts';
import { type Decoder, NotNowError } from './codec.ts';
import { type Envelope, unwrap } from './envelope.ts';
import { parseReference } from './reference.ts';

/**
 * Why a record can't be opened, now or later.
 *
 * - `envelope`, `reference`: headers that no producer of this library writes
 * - `body-missing`, `body-altered`: what the reference stands for is gone, or is not what was stored
 * - `body-too-large`: above `bodyBytesMax`
 * - `no-store`: it has a reference, and there is no store to look it up in
 * - `payload`: the codec can't read the value
 */
export const LETTER_REASONS = [
  'envelope',
  'reference',
  'body-missing',
  'body-altered',
  'body-too-large',
  'no-store',
  'payload',
] as const;
export type LetterReason = (typeof LETTER_REASONS)[number];

export interface DeadLetter extends TopicPartition {
  /** As it stands in Kafka. */
  readonly record: ConsumedRecord;
  readonly reason: LetterReason;
  readonly cause: unknown;
}

export interface OpenerOptions {
  /** Where claim checks are resolved. */
  readonly store?: ObjectStorePort;
  /** Reads the values of enveloped records, chosen by content type. Without codecs values stay bytes, unread. */
  readonly codecs?: readonly Decoder[];
  /**
   * Takes what can't be opened, to write it elsewhere. Until its promise settles the record is not done; when it rejects,
   * the record comes again.
   */
  readonly onDeadLetter: (letter: DeadLetter) => void | Promise<void>;
  /** Most bytes of bodies held at once; a larger one is a dead letter. Default 32 MiB, as the producer's. */
  readonly bodyBytesMax?: number;
  /** Downloads at once. Default 4, a guess. */
  readonly concurrency?: number;
  /** For one download, ms. Default 30,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** An opened record. */
export interface Opened {
  /** Without envelope, its value in place. */
  readonly record: ConsumedRecord;
  /** Null: its producer wrapped nothing. */
  readonly envelope: Envelope | null;
  /** By the codec of its content type; the record's bytes without one. */
  readonly value: unknown;
}

export interface OpenerCounts {
  readonly opened: number;
  /** Records without an envelope: passed on as they are. */
  readonly plain: number;
  /** Bodies that came from the store. */
  readonly resolved: number;
  /** Tries that ended because something was away. */
  readonly notNow: number;
  readonly deadLetters: Readonly<Partial<Record<LetterReason, number>>>;
}

/** How one record came out: opened, given away as a dead letter, or not to be had now. */
export type Opening =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'dead-letter' }
  | { readonly kind: 'not-now'; readonly cause: unknown };

const BODY_BYTES_MAX = 32 * 1_048_576;

class LetterError extends Error {
  readonly reason: LetterReason;
  constructor(reason: LetterReason, cause: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

export class Opener {
  readonly #options: OpenerOptions;
  readonly #codecs = new Map<string, Decoder>();
  readonly #bodyBytesMax: number;
  readonly #queue: PQueue;
  readonly #deadLetters: Partial<Record<LetterReason, number>> = {};
  #opened = 0;
  #plain = 0;
  #resolved = 0;
  #notNow = 0;

  constructor(options: OpenerOptions) {
    this.#options = options;
    for (const codec of options.codecs ?? []) this.#codecs.set(codec.contentType, codec);
    this.#bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX;
    this.#queue = new PQueue({ concurrency: options.concurrency ?? 4 });
  }

  counts(): OpenerCounts {
    return {
      opened: this.#opened,
      plain: this.#plain,
      resolved: this.#resolved,
      notNow: this.#notNow,
      deadLetters: { ...this.#deadLetters },
    };
  }

  /**
   * Lengths of the stretches in which the records should be opened, so that the bodies of one stretch stay below
   * `bodyBytesMax`: one stretch when there are no claim checks among them.
   */
  stretches(records: readonly ConsumedRecord[]): number[] {
    const lengths: number[] = [];
    let length = 0;
    let bytes = 0;
    for (const record of records) {
      const here = this.#claimedBytes(record);
      if (length > 0 && bytes + here > this.#bodyBytesMax) {
        lengths.push(length);
        length = 0;
        bytes = 0;
      }
      length++;
      bytes += here;
    }
    if (length > 0) lengths.push(length);
    return lengths;
  }

  /** One answer a record, in order. Never rejects. Bodies are all held at once: see `stretches`. */
  open(at: TopicPartition, records: readonly ConsumedRecord[]): Promise<Opening[]> {
    return Promise.all(records.map((record) => this.#openOne(at, record)));
  }

  async #openOne(at: TopicPartition, record: ConsumedRecord): Promise<Opening> {
    try {
      const opened = await this.#read(at, record);
      this.#opened++;
      if (opened.envelope === null) this.#plain++;
      return { kind: 'opened', opened };
    } catch (error) {
      if (!(error instanceof LetterError)) return this.#later(error);
      try {
        const { reason, cause } = error;
        await this.#options.onDeadLetter({ topic: at.topic, partition: at.partition, record, reason, cause });
        this.#deadLetters[reason] = (this.#deadLetters[reason] ?? 0) + 1;
        return { kind: 'dead-letter' };
      } catch (cause) {
        return this.#later(cause);
      }
    }
  }

  #later(cause: unknown): Opening {
    this.#notNow++;
    return { kind: 'not-now', cause };
  }

  async #read(at: TopicPartition, record: ConsumedRecord): Promise<Opened> {
    const unwrapped = unwrap(record);
    if (unwrapped.kind === 'plain') return { record, envelope: null, value: record.value };
    if (unwrapped.kind === 'malformed') throw new LetterError('envelope', unwrapped.why);
    const { envelope, reference } = unwrapped;
    const whole =
      reference === undefined
        ? unwrapped.record
        : { ...unwrapped.record, value: await this.#queue.add(() => this.#body(reference)) };
    return { record: whole, envelope, value: await this.#decode(at, whole, envelope) };
  }

  async #body(text: string): Promise<Uint8Array> {
    const { store, timeoutMs = 30_000, clock = systemClock } = this.#options;
    const reference = parseReference(text);
    if (reference === null)
      throw new LetterError('reference', `not a claim check: ${JSON.stringify(text.slice(0, 80))}`);
    if (store === undefined) throw new LetterError('no-store', reference.key);
    if (reference.bytes > this.#bodyBytesMax) throw new LetterError('body-too-large', reference.bytes);
    const resolved = await resolveClaim(reference, { store, timeoutMs, clock });
    if (resolved.kind === 'not-now') throw resolved.cause;
    if (resolved.kind === 'missing') throw new LetterError('body-missing', reference.key);
    if (resolved.kind === 'altered') throw new LetterError('body-altered', resolved.why);
    this.#resolved++;
    return resolved.body;
  }

  async #decode(at: TopicPartition, record: ConsumedRecord, envelope: Envelope): Promise<unknown> {
    const codec = this.#codecs.get(envelope.contentType);
    if (record.value === null || codec === undefined) return record.value;
    try {
      return await codec.decode(record.value, { topic: at.topic });
    } catch (cause) {
      throw cause instanceof NotNowError ? cause : new LetterError('payload', cause);
    }
  }

  #claimedBytes(record: ConsumedRecord): number {
    const unwrapped = unwrap(record);
    if (unwrapped.kind !== 'enveloped' || unwrapped.reference === undefined) return 0;
    const bytes = parseReference(unwrapped.reference)?.bytes ?? 0;
    // What is too large is not fetched.
    return bytes > this.#bodyBytesMax ? 0 : bytes;
  }
}
