import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS, RECORD_BYTES, type Settings, SmallWorld } from './core.fixture.ts';

const settings: fc.Arbitrary<Settings> = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  sinks: fc.integer({ min: 1, max: 3 }),
  scope: fc.constantFrom('container', 'partition'),
  bytesMax: fc.integer({ min: 1, max: 300 }),
  recordsMax: fc.constantFrom(1, 7, Infinity),
  ageNs: fc.constantFrom(0, 3 * MS, 1000 * MS),
  writesInFlightMax: fc.integer({ min: 1, max: 4 }),
  fetchBytesMax: fc.integer({ min: RECORD_BYTES, max: 200 }),
  bufferBytesMax: fc.integer({ min: 0, max: 500 }),
  creditRecords: fc.constantFrom(0, 0, 3, 20),
  commitIntervalNs: fc.constantFrom(0, 5 * MS, 100 * MS),
  writeTimeoutNs: fc.constantFrom(4 * MS, 1000 * MS),
  refused: fc.constantFrom('retry', 'drop'),
  reset: fc.constantFrom('earliest', 'latest'),
});

type Step =
  | readonly ['append' | 'retain', number, number]
  | readonly ['answer', number, 'ok' | 'rejected' | 'refused' | 'failed']
  | readonly ['wait' | 'revoke' | 'assign', number]
  | readonly ['crash', number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant('append' as const), fc.nat(3), fc.integer({ min: 1, max: 40 })) },
    {
      weight: 12,
      arbitrary: fc.tuple(
        fc.constant('answer' as const),
        fc.nat(20),
        fc.constantFrom(
          'ok' as const,
          'ok' as const,
          'ok' as const,
          'rejected' as const,
          'refused' as const,
          'failed' as const,
        ),
      ),
    },
    { weight: 4, arbitrary: fc.tuple(fc.constant('wait' as const), fc.integer({ min: 0, max: 10 * MS })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('retain' as const), fc.nat(3), fc.integer({ min: 1, max: 40 })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('revoke' as const), fc.nat(3)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('assign' as const), fc.nat(3)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const), fc.nat(255)) },
  ),
  { maxLength: 120, size: 'max' },
);

function take(world: SmallWorld, step: Step): void {
  switch (step[0]) {
    case 'append':
      world.logEnd[step[1] % world.logEnd.length] += step[2];
      break;
    case 'retain': {
      const slot = step[1] % world.logEnd.length;
      world.logStart[slot] = Math.min(world.logEnd[slot], world.logStart[slot] + step[2]);
      break;
    }
    case 'answer':
      if (world.pending.length > 0) world.answer(step[1] % world.pending.length, step[2]);
      break;
    case 'revoke':
    case 'assign':
      world[step[0]](step[1] % world.logEnd.length);
      break;
    case 'wait':
      world.advance(step[1]);
      break;
    case 'crash':
      world.crash((i) => ((step[1] >> (i % 8)) & 1) === 1);
  }
}

describe('whatever fails, in whatever order answers come, a router core', () => {
  it('commits only what every sink has, keeps its bounds, and drains once all is well', () => {
    fc.assert(
      fc.property(settings, steps, (how, what) => {
        const world = new SmallWorld(how);
        for (const step of what) {
          take(world, step);
          world.check();
        }
        world.drain();
        world.check();
        for (let slot = 0; slot < world.logEnd.length; slot++) {
          expect(world.stored[slot]).toBe(world.logEnd[slot]);
          world.arrivals.forEach((arrived, sink) => {
            for (let o = 0; o < world.logEnd[slot]; o++) {
              if (arrived[slot][o] || world.lostOffsets[slot].has(o)) continue;
              if (!world.refusedOffsets.has(`${sink}/${slot}/${o}`)) throw new Error(`${slot}:${o} is nowhere`);
            }
          });
        }
        expect(world.core.heldBytes).toBe(0);
        expect(world.core.writesInFlight).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('counts what waits for a commit and commits in order, ahead of writes too', () => {
    fc.assert(
      fc.property(settings, steps, (how, what) => {
        const world = new SmallWorld({ ...how, commitUpTo: 'fetched' });
        for (const step of what) take(world, step);
        world.drain();
        expect(world.stored).toEqual(world.logEnd);
      }),
      { numRuns: 100 },
    );
  });

  it('writes twice at most what lay between the last commit and the crash', () => {
    fc.assert(
      fc.property(settings, steps, fc.nat(255), (how, what, landing) => {
        const world = new SmallWorld({ ...how, writeTimeoutNs: 1e15 });
        for (const step of what) {
          // A write that failed here never arrived, so that only the crash makes copies.
          if (step[0] !== 'crash' && step[0] !== 'retain' && step[0] !== 'revoke') take(world, step);
        }
        const committed = [...world.stored];
        const position = world.stored.map((_, slot) => world.core.position(slot));
        world.crash((i) => ((landing >> (i % 8)) & 1) === 1);
        world.drain();
        for (const sink of world.arrivals) {
          sink.forEach((counts, slot) => {
            counts.forEach((n, o) => {
              if (n > 1 && (o < committed[slot] || o >= position[slot])) throw new Error(`copy of ${slot}:${o}`);
              if (n > 2) throw new Error(`${n} copies of ${slot}:${o}`);
            });
          });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('cuts writes at their bounds, a record larger than a write excepted', () => {
    fc.assert(
      fc.property(settings, steps, (how, what) => {
        const world = new SmallWorld(how);
        for (const step of what) take(world, step);
        world.writeRecords.forEach((records, i) => {
          expect(records).toBeLessThanOrEqual(world.settings.recordsMax);
          expect(records === 1 || world.writeBytes[i] <= world.settings.bytesMax).toBe(true);
          expect(world.writeBytes[i]).toBe(records * RECORD_BYTES);
        });
      }),
      { numRuns: 100 },
    );
  });
});
