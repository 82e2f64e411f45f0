/**
 * What became of every single record: for record fidelity, where a run is one record. Told by the doors of the world, it
 * knows nothing of what cores believe.
 */
import { FATE_UNKNOWN } from '../../src/producer/outcome.ts';
import { NO_KEY } from '../../src/record.ts';
import type { RouteLossCause } from '../model/fleet/route-books.ts';
import type { Offer, RouteRange } from '../model/observer.ts';
import { BufferWatch } from './buffer-watch.ts';
import type { Deduper } from './policies.ts';

/** One batch from its opening until its slot is used again. */
export interface BatchLife {
  readonly records: number[];
  readonly appends: Append[];
  /** Index of `DROP_CAUSES`, −1 for none. */
  dropped: number;
  /** Its producer is done with it: it was acknowledged, or given up without an answer. */
  ended: boolean;
  acknowledged: boolean;
}

export interface Append {
  readonly partition: number;
  readonly base: number;
  readonly n: number;
  readonly atNs: number;
  /** False once the log has lost it. */
  stands: boolean;
  /** False when its broker stopped before it was done: nobody has seen it. */
  happened: boolean;
}

export interface RecordLife {
  readonly id: number;
  readonly stream: number;
  /** Which record of its stream it is, from 0. */
  readonly ordinal: number;
  readonly keyHash: number;
  readonly offeredNs: number;
  /** Null when it was not admitted. */
  readonly batch: BatchLife | null;
  /** Index of `DROP_CAUSES` when it was not even admitted, −1 otherwise. */
  readonly refused: number;
}

/** A record came before one of the same key, or of the same stream and partition, that was offered earlier. */
export interface Disorder {
  readonly record: number;
  /** The one offered later that was there already. */
  readonly behind: number;
  /** Sink by index, −1 for the log. */
  readonly sink: number;
}

/** A copy that a sink took as new. */
export interface Copy {
  readonly record: number;
  readonly sink: number;
}

export interface RecordBookOptions {
  /** How many there are. */
  readonly sinks: number;
  /** What each tells copies by; without it they take all. */
  readonly dedupe?: (() => Deduper) | undefined;
}

const NONE = -1;

export class RecordBook extends BufferWatch {
  readonly records: RecordLife[] = [];
  readonly disorders: Disorder[] = [];
  readonly copies: Copy[] = [];
  /** By sink: the record that took longest from its offer until the sink had it. */
  readonly stalest: { ns: number; record: number | null }[];
  /** By sink: records that the deduper took for a copy though they were none. */
  readonly wrongly: Set<number>[];
  /** By sink: why it will not get a record that the log had; it may have it all the same. */
  readonly lostFor: Map<number, RouteLossCause>[];
  /** By sink and record: 1 when the sink has it. */
  readonly #taken: Uint8Array[];
  readonly #ordinals = new Map<number, number>();
  readonly #lives: (BatchLife | undefined)[] = [];
  readonly #logs: (number | undefined)[][] = [];
  /** By log or sink, and by unit of order: the latest record that is there. */
  readonly #latest: Map<string, number>[];
  readonly #dedupers: readonly Deduper[];
  #refused = NONE;

  constructor(options: RecordBookOptions) {
    super();
    const { sinks, dedupe } = options;
    const each = <T>(make: () => T): T[] => Array.from({ length: sinks }, make);
    this.stalest = each(() => ({ ns: 0, record: null }));
    this.#taken = each(() => new Uint8Array(256));
    this.wrongly = each(() => new Set());
    this.lostFor = each(() => new Map());
    this.#latest = [new Map(), ...each(() => new Map<string, number>())];
    this.#dedupers = dedupe === undefined ? [] : each(dedupe);
  }

  /** Record at the offset of a fronting partition, −1 where none is known. */
  at(partition: number, offset: number): number {
    return this.#logs[partition]?.[offset] ?? NONE;
  }

  /** Whether the sink has the record. */
  has(sink: number, id: number): boolean {
    return id < this.#taken[sink]!.length && this.#taken[sink]![id]! > 0;
  }

  override offered(offer: Offer): void {
    super.offered(offer);
    const { stream, admitted, batch, keyHash, atNs } = offer;
    const id = this.records.length;
    const ordinal = this.#ordinals.get(stream) ?? 0;
    this.#ordinals.set(stream, ordinal + 1);
    let life: BatchLife | null = null;
    if (admitted > 0) {
      life = this.#lives[batch] ??= { records: [], appends: [], dropped: NONE, ended: false, acknowledged: false };
      life.records.push(id);
    }
    const refused = life === null ? this.#refused : NONE;
    this.#refused = NONE;
    this.records.push({ id, stream, ordinal, keyHash, offeredNs: atNs, batch: life, refused });
  }

  override dropped(stream: number, n: number, cause: number, batch: number, nowNs: number): void {
    super.dropped(stream, n, cause, batch, nowNs);
    if (batch === NONE) this.#refused = cause;
    else this.#lives[batch]!.dropped = cause;
  }

  override ended(batch: number, fate: number, nowNs: number): void {
    super.ended(batch, fate, nowNs);
    const life = this.#lives[batch]!;
    life.ended = true;
    life.acknowledged = fate !== FATE_UNKNOWN;
  }

  override freed(batch: number): void {
    this.#lives[batch] = undefined;
  }

  override appended(batch: number, partition: number, base: number, n: number, atNs: number): void {
    const life = this.#lives[batch]!;
    this.#logs[partition] ??= [];
    const log = this.#logs[partition]!;
    const first = !life.appends.some(({ stands }) => stands);
    life.appends.push({ partition, base, n, atNs, stands: true, happened: true });
    life.records.forEach((id, i) => {
      log[base + i] = id;
      if (first) this.#inOrder(id, partition, NONE);
    });
  }

  override leftBehind(batch: number, nowNs: number): void {
    const life = this.#lives[batch]!;
    life.appends.push({ partition: NONE, base: 0, n: life.records.length, atNs: nowNs, stands: false, happened: true });
  }

  /** What a router has fetched of it may still be delivered, so what was at these offsets stays known. */
  override truncated(partition: number, from: number, to: number, nowNs: number): void {
    const log = this.#logs[partition] ?? [];
    for (let offset = from; offset < to; offset++) {
      const id = log[offset];
      if (id === undefined) continue;
      for (const append of this.records[id]!.batch!.appends) {
        if (append.partition !== partition || append.base < from || append.base >= to) continue;
        append.stands = false;
        append.happened = append.atNs <= nowNs;
      }
    }
    this.#forgetLost();
  }

  override delivered({ sink, partition, from, to }: RouteRange, nowNs: number): void {
    for (let offset = from; offset < to; offset++) {
      const id = this.at(partition, offset);
      if (id !== NONE) this.#take(id, sink, partition, nowNs);
    }
  }

  override lost({ sink, partition, from, to }: RouteRange, _nowNs: number, cause: RouteLossCause): void {
    for (let offset = from; offset < to; offset++) {
      const id = this.at(partition, offset);
      if (id !== NONE && !this.lostFor[sink]!.has(id)) this.lostFor[sink]!.set(id, cause);
    }
  }

  /** Order in the logs is that of what stands: a batch that was lost and is stored again comes after none of its own records. */
  #forgetLost(): void {
    const latest = this.#latest[0]!;
    latest.clear();
    for (const { id, stream, keyHash, batch } of this.records) {
      const standing = batch?.appends.find(({ stands }) => stands);
      if (standing !== undefined) latest.set(unitOf({ stream, keyHash }, standing.partition), id);
    }
  }

  #take(id: number, sink: number, partition: number, nowNs: number): void {
    if (id >= this.#taken[sink]!.length) {
      const larger = new Uint8Array(Math.max(this.records.length, 2 * this.#taken[sink]!.length));
      larger.set(this.#taken[sink]!);
      this.#taken[sink] = larger;
    }
    const taken = this.#taken[sink]!;
    const { stream, ordinal, offeredNs } = this.records[id]!;
    if (this.#dedupers[sink]?.isDuplicate(`${stream}/${ordinal}`, nowNs) === true) {
      if (taken[id] === 0) this.wrongly[sink]!.add(id);
      return;
    }
    if (taken[id]! > 0) this.copies.push({ record: id, sink });
    else {
      if (nowNs - offeredNs > this.stalest[sink]!.ns) this.stalest[sink] = { ns: nowNs - offeredNs, record: id };
      this.#inOrder(id, partition, sink);
    }
    taken[id] = 1;
  }

  #inOrder(id: number, partition: number, sink: number): void {
    const { stream, keyHash, ordinal } = this.records[id]!;
    const unit = unitOf({ stream, keyHash }, partition);
    const latest = this.#latest[sink + 1]!;
    const before = latest.get(unit);
    if (before !== undefined && this.records[before]!.ordinal > ordinal) {
      this.disorders.push({ record: id, behind: before, sink });
    } else latest.set(unit, id);
  }
}

/** Within what records keep their order: a key, or a stream and partition for records without one. */
function unitOf({ stream, keyHash }: { stream: number; keyHash: number }, partition: number): string {
  return keyHash === NO_KEY ? `${stream}@${partition}` : `${stream}#${keyHash}`;
}
