import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH } from '../../src/producer/batch-pool.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import { Simulation } from '../simulation.ts';
import { anyWorld, generic, MS, type SmallWorld, smallWorld } from './small-world.fixture.ts';

const { R_HEAD, R_INTS } = REQUEST;

const { B_ATTEMPTS, B_CREATED_AT_NS, B_FLOATS, B_INTS, B_LAST_AT_NS, B_N, B_PARTITION, B_STREAM } = BATCH;

/** Everything the run came to that both fidelities must agree on, sends one by one. */
function run(world: SmallWorld, how: { fidelity: 'record' | 'request'; check?: 'end' | 'event' }) {
  const simulation = new Simulation(smallWorld({ ...world, fidelity: how.fidelity }), { check: how.check ?? 'end' });
  const { producers } = simulation;
  const { core } = producers;
  const sends: string[] = [];
  const send = producers.send.bind(producers);
  producers.send = (request, producer, broker) => {
    let line = `${simulation.nowNs} ns: producer ${producer} to broker ${broker}:`;
    for (let entry = core.requests.ints[request * R_INTS + R_HEAD]; entry !== -1; entry = core.requests.after(entry)) {
      const { ints, floats } = core.batches;
      const i = core.requests.batchOf(entry) * B_INTS;
      const f = core.requests.batchOf(entry) * B_FLOATS;
      line += ` ${ints[i + B_N]} of ${ints[i + B_STREAM]}/${ints[i + B_PARTITION]}`;
      line += ` (${floats[f + B_CREATED_AT_NS]}–${floats[f + B_LAST_AT_NS]} ns, after ${ints[i + B_ATTEMPTS]} attempts)`;
    }
    sends.push(line);
    send(request, producer, broker);
  };
  simulation.advance();
  const books = simulation.ledger.check();
  // Of two producers that send at one time, either may come first.
  return { sends: sends.sort(), books, result: simulation.finish(), simulation };
}

describe('record and request fidelity', () => {
  it('send the same requests at the same times and keep the same books, whatever the policies and faults', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const record = run(world, { fidelity: 'record' });
        const request = run(world, { fidelity: 'request' });
        expect(request.sends).toEqual(record.sends);
        expect(request.books).toEqual(record.books);
        expect(request.result.ledger).toEqual(record.result.ledger);
        expect(request.result.brokers).toEqual(record.result.brokers);
      }),
      { numRuns: 80 },
    );
  });

  it('differ in what they cost: request fidelity has fewer events', () => {
    const world: SmallWorld = { policy: { lingerNs: 100 * MS, batchBytes: 10_000, acks: 1 } };
    const record = run(world, { fidelity: 'record' });
    const request = run(world, { fidelity: 'request' });
    expect(record.result.producers.recordsPerRequest).toBeGreaterThan(5);
    expect(request.result.engineEvents * 2).toBeLessThan(record.result.engineEvents);
  });
});

describe('the books', () => {
  it('balance after every event, and looking at them changes nothing', () => {
    fc.assert(
      fc.property(anyWorld, fc.constantFrom('record' as const, 'request' as const), (world, fidelity) => {
        const looked = run(world, { fidelity, check: 'event' });
        const left = run(world, { fidelity, check: 'end' });
        expect(looked.result).toEqual(left.result);
        expect(looked.sends).toEqual(left.sends);
      }),
      { numRuns: 30 },
    );
  });

  it('see every way in which a record can end, in the worlds of these tests', () => {
    const seen = new Set<string>();
    for (const world of fc.sample(anyWorld, { numRuns: 400, seed: 3 })) {
      const { topics, routes } = run(world, { fidelity: 'request' }).books;
      if (routes.some(({ lost }) => Object.keys(lost).some((cause) => cause !== 'retention' && cause !== 'refused')))
        seen.add('lost with a leader');
      if (routes.some(({ lost }) => (lost.refused ?? 0) > 0)) seen.add('refused by a sink');
      for (const book of topics) {
        for (const cause of Object.keys(book.dropped)) seen.add(`dropped: ${cause}`);
        for (const cause of Object.keys(book.duplicates)) seen.add(`duplicate: ${cause}`);
        if (book.stored > 0) seen.add('stored');
        if (book.unknown > 0) seen.add('unknown');
        if (book.unknownStored > 0) seen.add('given up, yet stored');
        if (book.inFlight > 0) seen.add('in flight');
      }
    }
    expect([...seen].sort()).toEqual([
      'dropped: buffer-full',
      'dropped: evicted',
      'dropped: expired',
      'dropped: over-quota',
      'dropped: retries-exhausted',
      'dropped: too-large',
      'duplicate: moved',
      'duplicate: retry',
      'given up, yet stored',
      'in flight',
      'lost with a leader',
      'refused by a sink',
      'stored',
      'unknown',
    ]);
  });
});

describe('a router that crashes', () => {
  it('reads again what it had delivered and not committed: the log still has it', () => {
    const crash = { kind: 'router-crash', atNs: 900 * MS, sink: 'generic', container: 0 } as const;
    const router = { commitIntervalNs: 400 * MS, relaunchNs: 100 * MS, containers: 1 };
    const world: SmallWorld = { sinks: [generic], router, faults: [crash] };
    for (const fidelity of ['record', 'request'] as const) {
      const [route] = run(world, { fidelity, check: 'event' }).result.ledger.routes;
      expect(route).toMatchObject({ balanced: true, lost: {} });
      expect(route.duplicates.relaunch).toBeGreaterThan(0);
    }
  });
});

describe('a seed', () => {
  it('gives the same bytes again, and another seed others', () => {
    fc.assert(
      fc.property(anyWorld, fc.constantFrom('record' as const, 'request' as const), (world, fidelity) => {
        expect(JSON.stringify(run(world, { fidelity }).result)).toBe(JSON.stringify(run(world, { fidelity }).result));
      }),
      { numRuns: 10 },
    );
    const digest = (seed: number) => run({ seed }, { fidelity: 'request' }).result.digest;
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
  });
});

describe('an append that nobody waits for', () => {
  // 20 ms of CPU a request, far more than the trip back or the time-out: producers have moved on before it is done.
  const slow: SmallWorld = { perRequestNs: 20 * MS, brokers: 1, topics: [{ replicationFactor: 1 }] };
  const stop = {
    kind: 'broker-kill',
    atNs: 600 * MS,
    forNs: 200 * MS,
    cluster: 'fronting',
    broker: 0,
    disk: 'kept',
  } as const;

  it.each([
    ['acks 0', { acks: 0 as const }],
    ['a time-out', { acks: 1 as const, requestTimeoutNs: 5 * MS, retries: 0 }],
  ])('stays in flight until it is in the log (%s), and is unknown when its broker stops first', (_, policy) => {
    for (const fidelity of ['record', 'request'] as const) {
      const calm = run({ ...slow, policy }, { fidelity, check: 'event' });
      expect(calm.result.ledger).toMatchObject({ balanced: true, unknown: 0 });
      const stopped = run({ ...slow, policy, faults: [stop] }, { fidelity, check: 'event' });
      expect(stopped.result.ledger.balanced).toBe(true);
      expect(stopped.result.ledger.unknown).toBeGreaterThan(0);
    }
  });

  it('frees its slots when the broker has answered, however late', () => {
    const world: SmallWorld = {
      ...slow,
      policy: { requestTimeoutNs: 5 * MS, retries: 0, lingerNs: 200 * MS },
      topics: [{ streams: 1, replicationFactor: 1 }],
    };
    for (const fidelity of ['record', 'request'] as const) {
      const { simulation, result } = run(world, { fidelity });
      expect(result.ledger.unknownStored).toBeGreaterThan(0);
      expect(simulation.producers.core.requests.live).toBeLessThanOrEqual(1);
    }
  });
});
