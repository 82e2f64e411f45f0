import { describe, expect, it } from 'vitest';
import { BATCH } from '../../src/producer/batch-pool.ts';
import { runProgram } from '../cli/program.ts';
import { realKit, realWorld } from '../cli/real-world.ts';
import { FakeIo } from '../cli/world.fixture.ts';
import { InvariantError } from '../engine/index.ts';
import { generic, MS, smallWorld } from '../model/small-world.fixture.ts';
import { Simulation } from '../simulation.ts';

const { B_INTS, B_N, B_STATE } = BATCH;

const world = { sinks: [generic], policy: { lingerNs: 100 * MS } };

/** A run stopped in the middle, with records in buffers, in logs and in sinks. */
function halfway(fidelity: 'record' | 'request' = 'request'): Simulation {
  const simulation = new Simulation(smallWorld({ ...world, fidelity }));
  simulation.advance({ untilNs: 1_234 * MS });
  return simulation;
}

/** The first batch that is alive and in no log. */
function heldBatch({ producers }: Simulation): number {
  const { batches } = producers.core;
  for (let batch = 0; batch < batches.used; batch++) {
    if (batches.ints[batch * B_INTS + B_STATE] !== 0 && producers.books.inFlightAt(batch, 1_234 * MS)) return batch;
  }
  throw new Error('nothing is buffered');
}

const logWithRecords = ({ clusters }: Simulation) => clusters.logs.find((log) => log.endOffset() > 0)!;

describe('the ledger', () => {
  it('finds records in buffers, in logs and in sinks, and balances them', () => {
    const books = halfway().ledger.check();
    const [topic] = books.topics;
    expect(topic.offered).toBeGreaterThan(200);
    expect(topic.stored).toBeGreaterThan(100);
    expect(topic.inFlight).toBeGreaterThan(0);
    expect(topic.offered).toBe(topic.stored + topic.inFlight);
    const [route] = books.routes;
    expect(route.stored).toBe(topic.stored);
    expect(route.delivered + route.backlog).toBe(route.stored);
    expect(route.delivered).toBeGreaterThan(0);
  });

  it('gives the same books however often it is asked', () => {
    const simulation = halfway();
    expect(simulation.ledger.take()).toEqual(simulation.ledger.take());
  });

  it.each(['record', 'request'] as const)('in %s fidelity', (fidelity) => {
    expect(() => halfway(fidelity).finish()).not.toThrow();
  });
});

describe('a record that vanishes behind its back ends the run', () => {
  const tampered: [string, (simulation: Simulation) => void][] = [
    [
      'from a buffer',
      (simulation) => {
        simulation.ledger.take();
        simulation.producers.core.batches.ints[heldBatch(simulation) * B_INTS + B_N]--;
      },
    ],
    [
      'from a log',
      (simulation) => {
        const log = logWithRecords(simulation);
        const { endOffsetAt } = log;
        log.endOffsetAt = (atNs) => endOffsetAt.call(log, atNs) - 1;
      },
    ],
    [
      'from a sink',
      (simulation) => {
        const { books } = simulation.routers;
        const { deliveredUnique } = books;
        books.deliveredUnique = (route) => deliveredUnique.call(books, route) - (route === 0 ? 1 : 0);
      },
    ],
    ['before it is offered', ({ arrivals }) => arrivals.take(0, 1_000_000 * MS, 1)],
  ];

  it.each(tampered)('%s', (_, tamper) => {
    const simulation = halfway();
    tamper(simulation);
    expect(() => simulation.finish()).toThrow(InvariantError);
    expect(() => simulation.finish()).toThrow(/books do not balance at 1234000000 ns: (topic topic-0|route)/);
  });

  it('and one that appears from nowhere, too', () => {
    const simulation = halfway();
    simulation.producers.books.dropped(0, 1, 0, -1);
    expect(() => simulation.finish()).toThrow(InvariantError);
  });

  it('on the command line with exit code 3 and the command that replays it', async () => {
    const io = new FakeIo();
    let tamperedWith = false;
    const code = await runProgram(['run', 'laptop', '--for', '1s', '--seed', '9'], {
      io,
      kit: realKit,
      world: realWorld,
      onSlice: (running) => {
        if (tamperedWith) return;
        tamperedWith = true;
        (running as Simulation).arrivals.take(0, 1_000_000 * MS, 1);
      },
    });
    expect(tamperedWith).toBe(true);
    expect(code).toBe(3);
    expect(io.stdout).toBe('');
    expect(io.stderr).toContain('InvariantError: books do not balance');
    expect(io.stderr).toContain('spillway run laptop --seed 9 --for 1s');
  });

  it('while the same command untouched ends well', async () => {
    const io = new FakeIo();
    expect(
      await runProgram(['run', 'laptop', '--for', '1s', '--seed', '9'], { io, world: realWorld, kit: realKit }),
    ).toBe(0);
    expect(io.stderr).toBe('');
  });
});
