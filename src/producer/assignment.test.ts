import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_KEY } from '../record.ts';
import type { BatchContents } from './assignment.ts';
import { BATCH } from './batch-pool.ts';
import { CoreWorld, MS } from './core.fixture.ts';
import { FATE_DELIVERED, OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from './outcome.ts';
import { dropOldest } from './overflow.ts';
import { keyed, random, sticky, uniformSticky } from './partitioner/index.ts';
import { REQUEST } from './request-pool.ts';
import { TopicView } from './topic-view.ts';

const { B_INTS, B_PARTITION } = BATCH;
const { R_HEAD, R_INTS } = REQUEST;

interface Held {
  readonly id: number;
  readonly key: number;
  readonly bytes: number;
}

/** A world whose topic can move, and whose driver knows each record: where it was sent, and what became of it. */
class Moving extends CoreWorld implements BatchContents {
  partitions = 0;
  ids = 0;
  /** Records that went from one batch to another. */
  dealt = 0;
  readonly #held = new Map<number, Held[]>();
  readonly #open: number[] = [];
  /** Each record of each request, in order of sending. */
  readonly trips: (Held & { readonly partition: number; readonly partitions: number })[] = [];
  readonly fates = new Map<number, string>();
  readonly silent = new Set<number>();

  offerOne(key: number, bytes: number): void {
    const held = { id: this.ids++, key, bytes };
    this.offered++;
    if (this.core.offer(0, 1, bytes, key, this.nowNs) === 1) this.#add(this.core.lastBatch, held);
    else this.fates.set(held.id, 'dropped');
    this.turn();
  }

  move(leaders: readonly number[]): void {
    const view = new TopicView(leaders);
    if (leaders.length === this.partitions) this.core.onMetadata(0, view, this.nowNs);
    else this.core.onRepartition(0, view, this, this.nowNs);
    this.partitions = leaders.length;
    this.turn();
  }

  /** Answers one of the requests that nobody has answered yet, late or not. */
  answerOne(which: number, outcome: Outcome): void {
    if (this.#open.length === 0) return;
    const [request] = this.#open.splice(which % this.#open.length, 1);
    if (outcome === OUTCOME_UNKNOWN) for (const { id } of this.#carried(request)) this.silent.add(id);
    this.answer(outcome, request);
  }

  /** What was sent of each key, by id. */
  order(): Map<number, number[]> {
    const order = new Map<number, number[]>();
    for (const { id, key } of this.trips.filter((trip) => trip.key !== NO_KEY)) {
      order.set(key, [...(order.get(key) ?? []), id]);
    }
    return order;
  }

  get unanswered(): number {
    return this.#open.length;
  }

  override send(request: number, producer: number, broker: number): void {
    super.send(request, producer, broker);
    this.#open.push(request);
    const { requests, batches } = this.core;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== -1; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      const partition = batches.ints[batch * B_INTS + B_PARTITION];
      for (const held of this.#held.get(batch)!) this.trips.push({ ...held, partition, partitions: this.partitions });
    }
  }

  override dropped(stream: number, n: number, cause: number, batch: number): void {
    super.dropped(stream, n, cause, batch);
    if (batch !== -1) this.#end(batch, n, 'dropped');
  }

  override ended(batch: number, stream: number, n: number, fate: number): void {
    super.ended(batch, stream, n, fate);
    this.#end(batch, n, fate === FATE_DELIVERED ? 'delivered' : 'unknown');
  }

  keyHash(batch: number, index: number): number {
    return this.#held.get(batch)![index].key;
  }

  bytes(batch: number, index: number): number {
    return this.#held.get(batch)![index].bytes;
  }

  moved(batch: number, index: number, to: number): void {
    this.dealt++;
    const records = this.#held.get(batch)!;
    this.#add(to, records[index]);
    if (index === records.length - 1) this.#held.delete(batch);
  }

  #carried(request: number): Held[] {
    const { requests } = this.core;
    const carried: Held[] = [];
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== -1; entry = requests.after(entry)) {
      carried.push(...(this.#held.get(requests.batchOf(entry)) ?? []));
    }
    return carried;
  }

  #add(batch: number, held: Held): void {
    this.#held.set(batch, [...(this.#held.get(batch) ?? []), held]);
  }

  #end(batch: number, n: number, fate: string): void {
    const records = this.#held.get(batch)!;
    expect(records).toHaveLength(n);
    for (const { id } of records) {
      expect(this.fates.has(id)).toBe(false);
      this.fates.set(id, fate);
    }
    this.#held.delete(batch);
  }
}

function moving(leaders: readonly number[] | null, changes: ConstructorParameters<typeof CoreWorld>[0] = {}): Moving {
  const world = new Moving({ partitioner: keyed(sticky()), ...changes }).start({ leaders: null });
  if (leaders !== null) world.move(leaders);
  return world;
}

describe('a topic that moves to another number of partitions', () => {
  it('takes what waits along, each key to its partition there, in its order', () => {
    const world = moving([-1, -1, -1]);
    for (let i = 0; i < 12; i++) world.offerOne(i % 4, 10);
    world.pass(20 * MS);
    world.move([0, 1, 0, 1, 0]);
    while (world.unanswered > 0) world.answerOne(0, OUTCOME_OK);
    expect(world.delivered).toBe(12);
    expect(world.order()).toEqual(new Map([0, 1, 2, 3].map((key) => [key, [key, key + 4, key + 8]])));
    for (const { key, partition } of world.trips) expect(partition).toBe(key % 5);
  });

  it('deals what comes back from the old place anew, and forgets nothing of its past', () => {
    const world = moving([0, 0, 0], { retriesMax: 1, lingerNs: 0 });
    world.offerOne(3, 10);
    world.move([5, 5]);
    expect(world.trips.map(({ partition }) => partition)).toEqual([0]);
    world.answerOne(0, OUTCOME_UNKNOWN);
    world.pass(30 * MS);
    expect(world.trips.map(({ partition }) => partition)).toEqual([0, 1]);
    // Refused where it is now, yet it may be in the log of the place where it was.
    world.answerOne(0, 1);
    expect(world).toMatchObject({ unknown: 1, drops: {} });
  });

  it('puts what comes back before what was begun after it, also at one instant', () => {
    const world = moving([0, 0, 0], { batchBytesMax: 20, retriesMax: 9 });
    for (let i = 0; i < 6; i++) world.offerOne(3, 10);
    expect(world.trips.map(({ id }) => id)).toEqual([0, 1]);
    world.move([-1, -1]);
    world.answerOne(0, OUTCOME_UNREACHABLE);
    world.move([1, 1]);
    while (world.unanswered > 0) world.answerOne(0, OUTCOME_OK);
    expect(world.trips.map(({ id }) => id)).toEqual([0, 1, 0, 1, 2, 3, 4, 5]);
  });

  it('keeps the order of keys that met there before it was known', () => {
    const world = moving(null);
    for (const key of [0, 5]) world.offerOne(key, 10);
    world.move([-1]);
    world.offerOne(5, 10);
    world.pass(20 * MS);
    world.move([0]);
    while (world.unanswered > 0) world.answerOne(0, OUTCOME_OK);
    expect(world.order()).toEqual(
      new Map([
        [0, [0]],
        [5, [1, 2]],
      ]),
    );
  });

  it('deals nothing that was begun after it', () => {
    const world = moving([0, 0, 0], { lingerNs: 0 });
    world.offerOne(3, 10);
    world.move([0, 0]);
    world.answerOne(0, OUTCOME_OK);
    world.offerOne(3, 10);
    world.answerOne(0, OUTCOME_UNREACHABLE);
    world.pass(100 * MS);
    world.answerOne(0, OUTCOME_OK);
    expect(world).toMatchObject({ delivered: 2, dealt: 0 });
  });

  it('may be evicted there as before', () => {
    const world = moving([-1], { bufferBytesMax: 30, overflow: dropOldest });
    for (const key of [0, 1, 2]) world.offerOne(key, 10);
    world.move([-1, -1, -1]);
    world.offerOne(0, 25);
    expect(world.drops).toEqual({ evicted: 3 });
  });

  it('costs the buffer nothing', () => {
    const world = moving([-1], { overheadBytesPerBatch: 60, overheadBytesPerRecord: 7, compressionRatio: 0.5 });
    for (let i = 0; i < 30; i++) world.offerOne(i, 50);
    const before = world.held();
    world.move([-1, -1, -1, -1, -1, -1, -1]);
    expect(world.held()).toEqual(before);
    expect(world.core.bufferedBytes(0)).toBe(before.bytes);
  });
});

describe('whatever moves, when, and how it goes', () => {
  const leadersOf = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 6 });
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constant('offer' as const), fc.integer({ min: -1, max: 7 }), fc.nat(200)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('pass' as const), fc.constantFrom(1, 10, 40, 150)) },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constant('answer' as const), fc.nat(9), fc.constantFrom<Outcome>(0, 0, 1, 2, 4, 5)),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant('move' as const), leadersOf) },
  );
  const settings = fc.record({
    partitioner: fc.constantFrom(keyed(sticky()), keyed(random()), keyed(uniformSticky({ batchBytes: 300 }))),
    inFlightMax: fc.integer({ min: 1, max: 3 }),
    lingerNs: fc.constantFrom(0, 10 * MS),
    batchBytesMax: fc.constantFrom(200, 600),
    overheadBytesPerBatch: fc.constantFrom(0, 60),
    bufferRecordsMax: fc.constantFrom(8, 1_000),
    retriesMax: fc.nat(3),
    overflow: fc.constant(dropOldest),
  });

  const play = (world: Moving, script: readonly (readonly [string, ...unknown[]])[], bad: boolean): void => {
    for (const [what, ...rest] of script) {
      if (what === 'offer') world.offerOne(rest[0] as number, rest[1] as number);
      else if (what === 'pass') world.pass((rest[0] as number) * MS);
      else if (what === 'answer') world.answerOne(rest[0] as number, bad ? (rest[1] as Outcome) : OUTCOME_OK);
      else world.move(rest[0] as number[]);
      const held = world.held();
      expect(world.delivered + world.droppedRecords + world.unknown + held.records).toBe(world.offered);
      expect(world.core.bufferedRecords(0)).toBe(held.records);
      expect(world.core.bufferedBytes(0)).toBe(held.bytes);
    }
    world.move([0, 1, 2]);
    for (let i = 0; i < 300 && (world.core.bufferedRecords(0) > 0 || world.unanswered > 0); i++) {
      while (world.unanswered > 0) world.answerOne(0, OUTCOME_OK);
      world.pass(200 * MS);
    }
  };

  it('each record ends once, keys go to their partitions, and what may be written is never called dropped', () => {
    fc.assert(
      fc.property(
        settings,
        fc.option(leadersOf),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (changes, first, script) => {
          const world = moving(first, changes);
          play(world, script, true);
          expect(world.fates.size).toBe(world.ids);
          expect([world.core.batches.live, world.core.requests.live]).toEqual([0, 0]);
          for (const { key, partition, partitions } of world.trips) {
            expect(partition).toBeLessThan(partitions);
            if (key !== NO_KEY) expect(partition).toBe(key % partitions);
          }
          for (const id of world.silent) expect(world.fates.get(id)).not.toBe('dropped');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps the order of each key as long as nothing fails', () => {
    fc.assert(
      fc.property(
        settings,
        fc.option(leadersOf),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (changes, first, script) => {
          const world = moving(first, { ...changes, requestTimeoutNs: 1e15, deliveryTimeoutNs: Infinity });
          play(world, script, false);
          for (const ids of world.order().values()) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 100 },
    );
  });
});
