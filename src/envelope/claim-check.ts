/** Claim checks: bodies too large for Kafka go to an object store, a reference goes in their place. */
import { crc32 } from 'node:zlib';
import PQueue from 'p-queue';
import { systemClock, within } from '../clock.ts';
import { fraction, hash32, textHash32 } from '../hash.ts';
import type { Clock, ObjectStorePort } from '../ports.ts';
import { exponential } from '../producer/retry.ts';
import { type ClaimReference, isClaimKey } from './reference.ts';

const NS_PER_MS = 1_000_000;

export interface ClaimCheckOptions {
  readonly store: ObjectStorePort;
  /** Values above so many bytes go to the store. Below the cluster's `message.max.bytes`, and `recordBytesMax`. */
  readonly aboveBytes: number;
  /** Begins every key; objects below it are this library's. Letters, digits, `_`, `-`, `.`; ends with `/`. Default none. */
  readonly prefix?: string;
  /** Uploads at once. Default 4, a guess. */
  readonly concurrency?: number;
  /** From `send` to the end of the last attempt, ms; then the record drops as `claim-check-failed`. Default 30,000, as `requestTimeoutNs`. */
  readonly timeoutMs?: number;
}

const RETRY = exponential();
/** A store that never answers is no longer counted on after so many time-outs. */
const FORGOTTEN_AFTER = 10;

export class ClaimCheck {
  readonly aboveBytes: number;
  readonly #store: ObjectStorePort;
  readonly #prefix: string;
  readonly #timeoutNs: number;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #queue: PQueue;
  /** Calls that were given up and hang: they hold their bodies. When each began, ns. */
  readonly #hanging = new Set<{ readonly sinceNs: number }>();

  /** @throws RangeError that names the option, what was expected and what came */
  constructor(
    { store, aboveBytes, prefix = '', concurrency = 4, timeoutMs = 30_000 }: ClaimCheckOptions,
    clock: Clock,
  ) {
    const expect = (holds: boolean, option: string, expected: string, got: unknown): void => {
      if (!holds) throw new RangeError(`claimCheck.${option}: expected ${expected}, got ${JSON.stringify(got)}`);
    };
    expect(aboveBytes >= 0, 'aboveBytes', 'a number ≥ 0', aboveBytes);
    expect(Number.isInteger(concurrency) && concurrency >= 1, 'concurrency', 'an integer ≥ 1', concurrency);
    expect(timeoutMs > 0, 'timeoutMs', 'a number above 0', timeoutMs);
    const sample = '00000000-0000-7000-8000-000000000000';
    expect(isClaimKey(prefix + sample), 'prefix', 'folders of letters, digits, _, - and ., each ended by /', prefix);
    this.aboveBytes = aboveBytes;
    this.#store = store;
    this.#prefix = prefix;
    this.#timeoutNs = timeoutMs * NS_PER_MS;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#queue = new PQueue({ concurrency });
  }

  /** The reference once the body is stored, or null when it could not be. Never rejects, and ends within `timeoutMs`. */
  upload(guid: string, body: Uint8Array): Promise<ClaimReference | null> {
    const endNs = this.#clock.nowNs() + this.#timeoutNs;
    return this.#queue.add(() => this.#put(guid, body, endNs)).catch(() => null);
  }

  async #put(guid: string, body: Uint8Array, endNs: number): Promise<ClaimReference | null> {
    const key = this.#prefix + guid;
    const identity = textHash32(guid);
    for (let attempt = 1; ; attempt++) {
      const nowNs = this.#clock.nowNs();
      if (nowNs >= endNs) return null;
      this.#forget(nowNs);
      // As many as run may hang beside them: without a bound a hung store would collect body after body.
      if (this.#hanging.size < this.#concurrency && (await this.#tryPut(key, body, endNs - nowNs))) {
        return { key, bytes: body.length, crc32: crc32(body) };
      }
      const waitNs = RETRY.backoffNs(attempt, fraction(hash32(identity, attempt)));
      const leftNs = endNs - this.#clock.nowNs();
      if (leftNs <= 0) return null;
      await new Promise<void>((resolve) => void this.#clock.after(Math.min(waitNs, leftNs), resolve));
    }
  }

  async #tryPut(key: string, body: Uint8Array, limitNs: number): Promise<boolean> {
    const abort = new AbortController();
    const call = { sinceNs: this.#clock.nowNs() };
    let settled = false;
    const work = async (): Promise<void> => {
      try {
        await this.#store.put(key, body, { signal: abort.signal });
      } finally {
        settled = true;
        this.#hanging.delete(call);
      }
    };
    try {
      await within({ clock: this.#clock, limitNs }, work);
      return true;
    } catch {
      if (!settled) this.#hanging.add(call);
      abort.abort();
      return false;
    }
  }

  #forget(nowNs: number): void {
    for (const call of this.#hanging) {
      if (nowNs - call.sinceNs > FORGOTTEN_AFTER * this.#timeoutNs) this.#hanging.delete(call);
    }
  }
}

export type Resolved =
  | { readonly kind: 'body'; readonly body: Uint8Array }
  /** No such object: deleted before its record was read, or never stored. */
  | { readonly kind: 'missing' }
  /** Not the bytes that were stored. */
  | { readonly kind: 'altered'; readonly why: string }
  /** The store can't be reached now. */
  | { readonly kind: 'not-now'; readonly cause: unknown };

/** The body that a reference stands for. Never rejects. */
export async function resolveClaim(
  reference: ClaimReference,
  { store, timeoutMs, clock = systemClock }: { store: ObjectStorePort; timeoutMs: number; clock?: Clock },
): Promise<Resolved> {
  const abort = new AbortController();
  try {
    const limitNs = timeoutMs * NS_PER_MS;
    const body = await within({ clock, limitNs }, () => store.get(reference.key, { signal: abort.signal }));
    if (body === null) return { kind: 'missing' };
    if (!(body instanceof Uint8Array)) return { kind: 'altered', why: `expected bytes, got ${typeof body}` };
    if (body.length !== reference.bytes) {
      return { kind: 'altered', why: `expected ${reference.bytes} bytes, got ${body.length}` };
    }
    if (crc32(body) !== reference.crc32) return { kind: 'altered', why: 'its CRC-32 is another' };
    return { kind: 'body', body };
  } catch (cause) {
    abort.abort();
    return { kind: 'not-now', cause };
  }
}
