import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../engine/index.ts';
import type { PlaceSpec } from '../scenario/place-spec.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { bytesPerSecond, longerNs, meanLongerNs } from './bad-way.ts';
import { generic, MS, S, type SmallWorld, smallWorld } from './small-world.fixture.ts';

describe('a message on a way that loses packets', () => {
  it('waits on average as long as the closed form says', () => {
    const anyWay = fc.record({ loss: fc.constantFrom(0.001, 0.02, 0.2), delayNs: fc.constantFrom(0, 20 * MS) });
    fc.assert(
      fc.property(anyWay, fc.integer({ min: 1, max: 100_000 }), (way, bytes) => {
        const rttNs = MS + 2 * way.delayNs;
        const draws = 200_000;
        let sumNs = 0;
        for (let i = 0; i < draws; i++) sumNs += longerNs(way, { bytes, rttNs, draw: hash32(7, i, bytes) }) / draws;
        const meanNs = meanLongerNs(way, { bytes, rttNs });
        // A few standard errors: a wait is hundreds of ms, and rare.
        expect(Math.abs(sumNs - meanNs)).toBeLessThan(4 * 500 * MS * Math.sqrt(3 * way.loss * (1 / draws)));
      }),
      { numRuns: 20 },
    );
  });

  it('takes no time without loss but the delay', () => {
    expect(longerNs({ loss: 0, delayNs: 5 }, { bytes: 1e6, rttNs: MS, draw: 0 })).toBe(5);
    expect(meanLongerNs({ loss: 0, delayNs: 5 }, { bytes: 1e6, rttNs: MS })).toBe(5);
  });

  it('waits a timer that doubles: one round trip and 200 ms, then 400 …', () => {
    const always = (losses: number) =>
      longerNs({ loss: 0.5, delayNs: 0 }, { bytes: 1, rttNs: 0, draw: 2 ** 32 * 0.5 ** losses * 0.75 });
    expect([0, 1, 2, 3].map(always)).toEqual([0, 200 * MS, 600 * MS, 1_400 * MS]);
  });

  it('is as fast in bulk as Mathis et al. say, where timers matter little', () => {
    // MSS / (RTT · √(2p/3)): the timer's part goes with p^1.5 and is small for a long way and rare losses.
    const [p, rttNs] = [1e-6, 100 * MS];
    const mathis = 1_460 / ((rttNs / 1e9) * Math.sqrt((2 * p) / 3));
    expect(bytesPerSecond(p, rttNs) / mathis).toBeGreaterThan(0.98);
    expect(bytesPerSecond(p, rttNs) / mathis).toBeLessThan(1);
  });
});

const applications: PlaceSpec = { kind: 'applications', region: 'main', zone: null };
const broker = (number: number): PlaceSpec => ({ kind: 'broker', cluster: 'fronting', broker: number });
const world: SmallWorld = {
  brokers: 3,
  zones: 3,
  instances: 1,
  jitterFraction: 0,
  durationNs: 3 * S,
  topics: [{ partitions: 1, streams: 1, replicationFactor: 3 }],
  cluster: { replicationFactor: 3, replicaLagTimeMaxNs: 400 * MS, replicaLagCheckNs: 200 * MS },
};
const bad = (
  from: PlaceSpec,
  to: PlaceSpec,
  how: { loss?: number; delayNs?: number; oneWay?: boolean },
): FaultSpec => ({
  kind: how.loss === undefined ? 'network-delay' : 'network-loss',
  atNs: 100 * MS,
  forNs: 2 * S,
  from,
  to,
  oneWay: how.oneWay ?? false,
  loss: how.loss ?? 0,
  delayNs: how.delayNs ?? 0,
});
const fidelities = ['record', 'request'] as const;
function run(how: SmallWorld, fidelity: (typeof fidelities)[number]): Simulation {
  const simulation = new Simulation(smallWorld({ ...world, ...how, fidelity }), { check: 'event' });
  simulation.advance({ untilNs: 2 * S });
  return simulation;
}

describe.each(fidelities)('a delay (%s)', (fidelity) => {
  const latency = (faults: readonly FaultSpec[], acks: 0 | 1 | -1) =>
    run({ faults, policy: { acks } }, fidelity).producers.courier.latency.quantile(0.5);

  it('comes on top of a request and of its answer, or of one of them', () => {
    const calm = latency([], 1);
    const both = latency([bad(applications, broker(0), { delayNs: 30 * MS })], 1);
    const there = latency([bad(applications, broker(0), { delayNs: 30 * MS, oneWay: true })], 1);
    const back = latency([bad(broker(0), applications, { delayNs: 30 * MS, oneWay: true })], 1);
    // The histogram's buckets are within a few per cent.
    expect((both - calm) / MS).toBeCloseTo(60, -1);
    expect((there - calm) / MS).toBeCloseTo(30, -1);
    expect((back - calm) / MS).toBeCloseTo(30, -1);
  });

  it('to a follower holds up acks all by one to two fetches, and nobody leaves the in-sync set', () => {
    const faults = [bad(broker(0), broker(1), { delayNs: 20 * MS })];
    const heldUpMs = (latency(faults, -1) - latency([], -1)) / MS;
    expect(heldUpMs).toBeGreaterThan(40 - 5);
    expect(heldUpMs).toBeLessThan(80 + 5);
    const simulation = run({ faults }, fidelity);
    expect(simulation.clusters.copies.sets[0]!.inSyncAt(simulation.nowNs)).toBe(3);
  });

  it('of a quarter of the lag bound for a fetch takes the follower out of the in-sync set', () => {
    const simulation = run({ faults: [bad(broker(0), broker(1), { delayNs: 60 * MS })] }, fidelity);
    expect(simulation.clusters.copies.sets[0]!.inSyncAt(simulation.nowNs)).toBe(2);
    simulation.advance();
    expect(simulation.clusters.copies.sets[0]!.inSyncAt(simulation.nowNs)).toBe(3);
  });
});

describe.each(fidelities)('loss (%s)', (fidelity) => {
  it('shows as waiting, not as lost records: all arrive once, in order, and sinks get them', () => {
    for (const places of [
      [applications, broker(0)],
      [broker(0), { kind: 'routers', region: 'main', zone: null }],
      [{ kind: 'rest' }, { kind: 'sink', sink: generic.name }],
    ] as const) {
      const faults = [bad(places[0], places[1], { loss: 0.2 })];
      const simulation = run({ faults, sinks: [generic] }, fidelity);
      simulation.advance();
      const { ledger } = simulation.finish();
      expect(ledger).toMatchObject({ balanced: true, dropped: {}, unknown: 0 });
      expect(ledger.routes[0]).toMatchObject({ lost: {}, duplicates: {} });
    }
  });

  it('makes requests wait as often as packets are lost', () => {
    const faults = [bad(applications, broker(0), { loss: 0.1, oneWay: true })];
    // One record a request and a packet: 10 % wait for 200 ms or more.
    const policy = { acks: 1 as const, lingerNs: 0, maxInFlight: 1_000 };
    const { latency } = run({ faults, policy }, fidelity).producers.courier;
    expect(latency.quantile(0.5)).toBeLessThan(200 * MS);
    expect(latency.quantile(0.99)).toBeGreaterThan(200 * MS);
  });
});
