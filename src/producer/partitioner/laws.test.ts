import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_KEY } from '../../record.ts';
import { TopicView } from '../topic-view.ts';
import { keyed, type PartitionerFactory, random, roundRobin, sticky, uniformSticky } from './index.ts';
import { LIMITS, StreamFixture } from './stream.fixture.ts';

const ALL: Record<string, PartitionerFactory> = {
  random: random(),
  roundRobin: roundRobin(),
  sticky: sticky(),
  stickyFor3: sticky({ stickForBatches: 3 }),
  stickyForEver: sticky({ stickForBatches: Infinity }),
  uniformSticky: uniformSticky({ batchBytes: 50, adaptive: false }),
  uniformStickyAdaptive: uniformSticky({ batchBytes: 50 }),
  keyedElseSticky: keyed(sticky()),
  keyedElseUniformSticky: keyed(uniformSticky({ batchBytes: 50 })),
};

const view = fc
  .array(fc.integer({ min: -1, max: 5 }), { minLength: 1, maxLength: 8 })
  .map((leaders) => new TopicView(leaders));

type Step =
  | { do: 'append'; n: number; bytesEach: number }
  | { do: 'close'; pick: number }
  | { do: 'view'; view: TopicView }
  | { do: 'queue'; pick: number; batches: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        n: fc.integer({ min: 1, max: 9 }),
        bytesEach: fc.integer({ min: 1, max: 40 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('close' as const), pick: fc.nat(7) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('view' as const), view }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('queue' as const), pick: fc.nat(7), batches: fc.nat(5) }) },
  ),
  { maxLength: 60, size: 'max' },
);

/** Takes the step; the records of an append are offered in runs no longer than promised, as the core does. */
function take(world: StreamFixture, step: Step): void {
  if (step.do === 'append') {
    for (let left = step.n; left > 0; ) {
      world.peek();
      const n = Math.min(left, world.partitioner.promised(world.stream, step.bytesEach));
      expect(n).toBeGreaterThanOrEqual(1);
      world.append(n, n * step.bytesEach);
      left -= n;
    }
  } else if (step.do === 'close') {
    world.close(step.pick % world.view.leaders.length);
  } else if (step.do === 'view') {
    const queued = new Int32Array(step.view.leaders.length);
    queued.set(world.queued.subarray(0, queued.length));
    for (const partition of world.open) if (partition >= queued.length) world.close(partition);
    world.queued = queued;
    world.view = step.view;
  } else {
    world.queued[step.pick % world.view.leaders.length] = step.batches;
  }
}

describe.each(Object.entries(ALL))('every partitioner: %s', (_name, factory) => {
  it('names a partition that exists, and one with a leader unless its batch is open or none has one', () => {
    fc.assert(
      fc.property(view, steps, fc.integer(), (first, plan, identity) => {
        const world = new StreamFixture(factory(LIMITS), first, { identity });
        for (const step of plan) {
          take(world, step);
          const partition = world.peek();
          const leader = world.view.leaders[partition];
          expect(leader).toBeTypeOf('number');
          if (leader < 0 && !world.open.has(partition)) expect(world.view.leaders.every((id) => id < 0)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('answers the same when asked again, even if queues have changed or other streams are busy', () => {
    fc.assert(
      fc.property(view, steps, fc.integer(), (first, plan, identity) => {
        const partitioner = factory(LIMITS);
        const world = new StreamFixture(partitioner, first, { identity });
        const other = new StreamFixture(partitioner, first, { stream: 40, identity });
        for (const step of plan) {
          take(world, step);
          const answer = world.peek();
          other.sendAlone(30);
          world.queued.fill(3, 0, 1);
          expect(world.peek()).toBe(answer);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps its promise: that many more records, one by one, go where peek said', () => {
    fc.assert(
      fc.property(view, steps, fc.integer({ min: 1, max: 40 }), (first, plan, bytesEach) => {
        const world = new StreamFixture(factory(LIMITS), first);
        for (const step of plan) take(world, step);
        const partition = world.peek();
        const promised = Math.min(world.partitioner.promised(world.stream, bytesEach), 50);
        for (let i = 0; i < promised; i++) expect(world.append(1, bytesEach)).toBe(partition);
      }),
      { numRuns: 30 },
    );
  });

  it('is a function of identity and history alone: a second instance does the same', () => {
    fc.assert(
      fc.property(view, steps, fc.integer(), (first, plan, identity) => {
        const one = new StreamFixture(factory(LIMITS), first, { identity });
        const two = new StreamFixture(factory(LIMITS), first, { stream: 17, identity });
        for (const step of plan) {
          take(one, step);
          take(two, step);
          expect(two.peek()).toBe(one.peek());
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('sticky kinds', () => {
  it.each([sticky(), sticky({ stickForBatches: 3 }), uniformSticky({ batchBytes: 1_000_000 })])(
    'never move while their batch is open (%#)',
    (factory) => {
      fc.assert(
        fc.property(view, steps, (first, plan) => {
          const world = new StreamFixture(factory(LIMITS), first);
          for (const step of plan) {
            const partition = world.append();
            take(world, step);
            if (world.open.has(partition)) expect(world.peek(NO_KEY)).toBe(partition);
          }
        }),
        { numRuns: 30 },
      );
    },
  );
});
