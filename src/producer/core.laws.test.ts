import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Acks, NO_KEY } from '../record.ts';
import { BATCH } from './batch-pool.ts';
import type { ProducerConfig } from './config.ts';
import { CoreWorld, MS } from './core.fixture.ts';
import { OUTCOME_OK, type Outcome } from './outcome.ts';
import { dropNew, dropOldest, evictLower } from './overflow.ts';
import { keyed, random, roundRobin, sticky, uniformSticky } from './partitioner/index.ts';
import type { Quota } from './quotas.ts';
import { REQUEST } from './request-pool.ts';
import { exponential } from './retry.ts';
import type { StreamOptions } from './stream-traits.ts';

const { R_BROKER, R_HEAD, R_INTS, R_NEXT } = REQUEST;

const { B_FLOATS, B_INTS, B_N, B_PARTITION, B_STATE, B_STREAM, B_WIRE_BYTES } = BATCH;

const BROKERS = 3;
const CLASSES = [0, 1, 2];

const outcome = fc.constantFrom<Outcome>(0, 0, 0, 1, 2, 3, 4, 5);

type Step =
  | { readonly do: 'offer'; readonly stream: number; readonly n: number; readonly bytes: number; readonly key: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'answer'; readonly which: number; readonly outcome: Outcome; readonly first: Outcome | null }
  | { readonly do: 'abandon'; readonly which: number }
  | { readonly do: 'learn'; readonly leaders: number[] }
  | { readonly do: 'flush' };

const leaders = fc.array(fc.integer({ min: -1, max: BROKERS - 1 }), { minLength: 3, maxLength: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('offer' as const),
      stream: fc.nat(CLASSES.length - 1),
      n: fc.integer({ min: 1, max: 12 }),
      bytes: fc.integer({ min: 0, max: 260 }),
      key: fc.constantFrom(NO_KEY, NO_KEY, 0, 1, 5),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 5, 20, 60, 300) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(20),
      outcome,
      first: fc.option(fc.constantFrom<Outcome>(0, 1, 2, 3, 4)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('learn' as const), leaders }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
);

const settings: fc.Arbitrary<Partial<ProducerConfig>> = fc.record({
  lingerNs: fc.constantFrom(0, 10 * MS),
  batchBytesMax: fc.integer({ min: 100, max: 700 }),
  requestBytesMax: fc.integer({ min: 100, max: 1_500 }),
  recordBytesMax: fc.constantFrom(200, 1_000),
  bufferBytesMax: fc.integer({ min: 300, max: 4_000 }),
  bufferRecordsMax: fc.integer({ min: 3, max: 60 }),
  overheadBytesPerRecord: fc.nat(20),
  overheadBytesPerBatch: fc.nat(60),
  compressionRatio: fc.constantFrom(1, 0.3),
  inFlightMax: fc.integer({ min: 1, max: 4 }),
  deliveryTimeoutNs: fc.constantFrom(400 * MS, Infinity),
  retriesMax: fc.nat(3),
  retry: fc.constantFrom(exponential({ jitter: 0.2 }), exponential({ retryBackoffNs: 0 })),
  partitioner: fc.constantFrom(
    random(),
    roundRobin(),
    keyed(),
    sticky(),
    sticky({ stickForBatches: 3 }),
    uniformSticky({ batchBytes: 500 }),
    uniformSticky({ batchBytes: 500, adaptive: false }),
  ),
  overflow: fc.constantFrom(dropNew, dropOldest, evictLower),
  quotas: fc.constantFrom<Quota[]>(
    [],
    [],
    [{ recordsPerSecond: 30, burstRecords: 20 }, { bytesPerSecond: 3_000 }],
    [
      { recordsPerSecond: 1_000_000 },
      { recordsPerSecond: 7, bytesPerSecond: 1_500, burstRecords: 9, burstBytes: 1_001 },
    ],
  ),
});

/** What each stream has of its own; where there are no quotas, none counts against one. */
const traits = fc.array(fc.record({ acks: fc.constantFrom<Acks>(0, 1, 1, -1), quota: fc.constantFrom(-1, 0, 1) }), {
  minLength: CLASSES.length,
  maxLength: CLASSES.length,
});

/** A world with a stream of each class. */
function begin(
  changes: Partial<ProducerConfig>,
  own: readonly StreamOptions[],
  known: readonly number[] | null,
): Driven {
  const options = own.map(({ acks, quota }) => ({ acks, quota: changes.quotas?.length ? quota : -1 }));
  const world = new Driven(changes).start({ classes: CLASSES, leaders: known, options });
  world.own = options;
  return world;
}

/** A world driven by steps: which requests the driver has yet to answer is its own business, late or not. */
class Driven extends CoreWorld {
  own: readonly StreamOptions[] = [];

  acksOfStream(stream: number): number {
    return this.own[stream].acks ?? this.core.config.acks;
  }

  unanswered(): number[] {
    return this.#open.map(({ request }) => request);
  }
  #open: { readonly request: number }[] = [];

  override send(request: number, producer: number, broker: number): void {
    super.send(request, producer, broker);
    this.#open.push({ request });
  }

  take(which: number): number {
    const at = which % this.#open.length;
    const [{ request }] = this.#open.splice(at, 1);
    return request;
  }

  run(step: Step): void {
    const { core } = this;
    switch (step.do) {
      case 'offer':
        this.offer(step.n, step);
        return;
      case 'pass':
        this.pass(step.ms * MS);
        return;
      case 'answer': {
        if (this.#open.length === 0) return;
        const request = this.take(step.which);
        const batch = core.requests.batchOf(core.requests.ints[request * R_INTS + R_HEAD]);
        if (step.first !== null) core.onBatchResult(request, batch, step.first, this.nowNs);
        this.answer(step.outcome, request);
        return;
      }
      case 'abandon':
        if (this.#open.length === 0) return;
        core.abandon(this.take(step.which));
        return;
      case 'learn':
        this.learn(step.leaders);
        return;
      case 'flush':
        core.flush(0, this.nowNs);
        this.turn();
    }
  }

  /** Answers everything well until nothing is left. */
  drain(): void {
    this.learn([0, 1, 2]);
    for (let i = 0; i < 200 && (this.core.bufferedRecords(0) > 0 || this.#open.length > 0); i++) {
      while (this.#open.length > 0) this.answer(OUTCOME_OK, this.take(0));
      this.pass(200 * MS);
    }
  }
}

/** Books and bounds, counted from the slots. */
function expectSound(world: Driven): void {
  const { core } = world;
  const { config, batches, requests } = core;
  const held = world.held();
  expect(world.delivered + world.droppedRecords + world.unknown + held.records).toBe(world.offered);
  expect(core.bufferedRecords(0)).toBe(held.records);
  expect(core.bufferedBytes(0)).toBe(held.bytes);
  expect(held.records).toBeLessThanOrEqual(config.bufferRecordsMax);
  expect(held.bytes).toBeLessThanOrEqual(config.bufferBytesMax);
  for (let batch = 0; batch < batches.used; batch++) {
    if (batches.ints[batch * B_INTS + B_STATE] === 0) continue;
    if (batches.ints[batch * B_INTS + B_N] > 1)
      expect(batches.floats[batch * B_FLOATS + B_WIRE_BYTES]).toBeLessThanOrEqual(config.batchBytesMax);
  }
  const inFlight = new Array(BROKERS).fill(0);
  for (let request = core.requestHead(0); request !== -1; request = requests.ints[request * R_INTS + R_NEXT]) {
    inFlight[requests.ints[request * R_INTS + R_BROKER]]++;
    let bytes = 0;
    let count = 0;
    const places = new Set<string>();
    const acks = new Set<number>();
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== -1; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      bytes += batches.floats[batch * B_FLOATS + B_WIRE_BYTES];
      count++;
      acks.add(world.acksOfStream(batches.ints[batch * B_INTS + B_STREAM]));
      places.add(`${batches.ints[batch * B_INTS + B_STREAM]}/${batches.ints[batch * B_INTS + B_PARTITION]}`);
    }
    expect(places.size).toBe(count);
    expect([...acks]).toEqual([core.acksOf(request)]);
    if (count > 1) expect(bytes).toBeLessThanOrEqual(config.requestBytesMax);
  }
  for (const n of inFlight) expect(n).toBeLessThanOrEqual(config.inFlightMax);
}

const steps = fc.array(step, { maxLength: 60, size: 'max' });

describe('whatever is offered, answered, learnt and whenever', () => {
  it('the books balance, the bounds hold, and nothing is left in the end', () => {
    fc.assert(
      fc.property(settings, traits, fc.option(leaders), steps, (changes, own, known, script) => {
        const world = begin(changes, own, known);
        for (const each of script) {
          world.run(each);
          expectSound(world);
        }
        world.drain();
        expectSound(world);
        expect(world.held().records).toBe(0);
        expect([world.core.batches.live, world.core.requests.live]).toEqual([0, 0]);
      }),
      { numRuns: 100 },
    );
  });

  it('terminating settles every record at once', () => {
    fc.assert(
      fc.property(settings, traits, fc.option(leaders), steps, (changes, own, known, script) => {
        const world = begin(changes, own, known);
        for (const each of script) world.run(each);
        world.core.terminate(0, world.nowNs);
        expectSound(world);
        expect(world.held().records).toBe(0);
        while (world.unanswered().length > 0) world.answer(OUTCOME_OK, world.take(0));
        expect([world.core.batches.live, world.core.requests.live]).toEqual([0, 0]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('with one request in flight', () => {
  it('a partition’s batches are tried in the order in which they were begun, retries and all', () => {
    fc.assert(
      fc.property(settings, traits, steps, (changes, own, script) => {
        const world = begin({ ...changes, inFlightMax: 1 }, own, [0, 1, 2]);
        for (const each of script) if (each.do !== 'learn') world.run(each);
        world.drain();
        const last = new Map<string, number>();
        for (const { batches } of world.sent) {
          for (const { stream, partition, sequence } of batches) {
            const place = `${stream}/${partition}`;
            expect(sequence).toBeGreaterThanOrEqual(last.get(place) ?? -1);
            last.set(place, sequence);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('n records at once', () => {
  // A run with a key goes to one partition. A partitioner that ignores keys would take its records one by one elsewhere.
  const keyless = (script: readonly Step[], { name }: { readonly name: string }): Step[] =>
    script.map((each) => (each.do === 'offer' && !name.startsWith('keyed') ? { ...each, key: NO_KEY } : each));

  it('come to the same as n one by one: the same sends, the same fates', () => {
    fc.assert(
      fc.property(settings, traits, fc.option(leaders), steps, (changes, own, known, script) => {
        const play = (split: boolean) => {
          const world = begin(changes, own, known);
          for (const each of keyless(script, world.core.partitioner)) {
            if (split && each.do === 'offer') {
              const { stream, n, bytes, key } = each;
              for (let i = 0; i < n; i++) world.core.offer(stream, 1, bytes, key, world.nowNs);
              world.offered += n;
              world.turn();
            } else world.run(each);
          }
          const { log, drops, delivered, unknown } = world;
          return { log, drops, delivered, unknown };
        };
        expect(play(true)).toEqual(play(false));
      }),
      { numRuns: 60 },
    );
  });
});

describe('calling only at deadlines', () => {
  it('comes to the same as calling every millisecond', () => {
    const sharp = exponential({ jitter: 0 });
    fc.assert(
      fc.property(settings, traits, fc.option(leaders), steps, (changes, own, known, script) => {
        const exact = { ...changes, retry: sharp, reconnect: sharp };
        const play = (often: boolean) => {
          const world = begin(exact, own, known);
          for (const each of script) {
            if (!often || each.do !== 'pass') world.run(each);
            else {
              for (let i = 0; i < each.ms; i++) {
                world.nowNs += MS;
                world.core.onTime(0, world.nowNs);
              }
            }
          }
          const { log, drops, delivered, unknown } = world;
          return { log, drops, delivered, unknown };
        };
        expect(play(true)).toEqual(play(false));
      }),
      { numRuns: 50 },
    );
  });
});
