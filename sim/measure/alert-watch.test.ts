import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALERT_RULES, type AlertRules } from '../../src/audit/alert-rules.ts';
import { anyWorld, generic, MS, type SmallWorld, smallWorld } from '../model/small-world.fixture.ts';
import type { AlertsSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';

const QUICK = { above: 0, windowNs: 100 * MS, forNs: 0, clearForNs: 50 * MS };
const quick: AlertsSpec = {
  intervalNs: 30 * MS,
  rules: Object.fromEntries(ALERT_RULES.map((rule) => [rule, QUICK])) as unknown as AlertRules,
};

function run(world: SmallWorld, alerts: AlertsSpec | undefined, fidelity: 'record' | 'request' = 'request') {
  const simulation = new Simulation({ ...smallWorld({ ...world, fidelity }), ...(alerts && { alerts }) });
  simulation.advance();
  return simulation.finish();
}

describe('watching', () => {
  it('changes nothing of what is watched, and is the same in both fidelities', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const request = run(world, quick);
        const record = run(world, quick, 'record');
        const alone = run(world, undefined);
        expect(request.alerts).toEqual(record.alerts);
        expect(request.ledger).toEqual(alone.ledger);
        expect(alone.alerts).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('raises every rule rightly in some of these worlds, and wrongly those that go by symptoms', () => {
    const rightly = new Set<string>();
    const wrongly = new Set<string>();
    for (const world of fc.sample(anyWorld, { numRuns: 150, seed: 3 })) {
      for (const { rule, raised, false: untrue } of run(world, quick).alerts!.rules) {
        if (raised > untrue) rightly.add(rule);
        if (untrue > 0) wrongly.add(rule);
      }
    }
    expect([...rightly].sort()).toEqual([...ALERT_RULES].sort());
    // What the controller says of copies and leaders is so: what it says late is missed, not false.
    expect([...wrongly].sort()).toEqual(['drops', 'lag', 'stuck-consumer']);
  });
});

describe('a broker that dies for good', () => {
  const kill = { kind: 'broker-kill', cluster: 'fronting', broker: 0, disk: 'kept' } as const;
  const world = (forNs: number, copies: number): SmallWorld => ({
    sinks: [generic],
    topics: [{ replicationFactor: copies }],
    faults: [{ ...kill, atNs: 410 * MS, forNs }],
  });
  const rules = { ...quick.rules, 'under-replicated': { ...QUICK, forNs: 90 * MS, clearForNs: 0 } };

  it('is told as under-replicated when its session has ended and the rule has waited, at the next look', () => {
    // Looks every 30 ms. From the end of the warm-up: killed at 310, its session over at 460; then the controller works.
    const { alerts } = run(world(10_000 * MS, 2), { intervalNs: 30 * MS, rules });
    const [raised] = alerts!.raised.filter(({ rule }) => rule === 'under-replicated');
    expect(raised!.truth!.fromSeconds).toBeCloseTo(0.33, 9);
    expect(raised!.raisedSeconds).toBeCloseTo(0.48 + 0.09, 9);
    expect(raised!.clearedSeconds).toBeNull();
  });

  it('leaves partitions offline that have no other copy: told once an election has failed', () => {
    const { alerts } = run(world(10_000 * MS, 1), { intervalNs: 30 * MS, rules: quick.rules });
    const [raised] = alerts!.raised.filter(({ rule }) => rule === 'offline');
    expect(raised!.truth!.fromSeconds).toBeCloseTo(0.33, 9);
    expect(raised!.raisedSeconds).toBeCloseTo(0.48, 9);
  });

  it('is never told as offline where another leads as soon as anybody knows, though nobody led before', () => {
    const { alerts } = run(world(10_000 * MS, 2), { intervalNs: 30 * MS, rules: quick.rules });
    expect(alerts!.raised.filter(({ rule }) => rule === 'offline')).toEqual([]);
    const [missed] = alerts!.missed.filter(({ rule }) => rule === 'offline');
    expect(missed).toMatchObject({ subject: 'fronting' });
    expect(missed!.fromSeconds).toBeCloseTo(0.33, 9);
    expect(missed!.untilSeconds).toBeCloseTo(0.48, 9);
  });
});

describe('what is lost with acks 0', () => {
  const world = (acks: 0 | 1): SmallWorld => ({
    policy: { acks, retries: 0, requestTimeoutNs: 50 * MS },
    topics: [{ replicationFactor: 1 }],
    perRequestNs: 5 * MS,
    faults: [
      { kind: 'broker-kill', cluster: 'fronting', broker: 0, disk: 'kept', atNs: 410 * MS, forNs: 300 * MS },
      { kind: 'broker-kill', cluster: 'fronting', broker: 1, disk: 'kept', atNs: 410 * MS, forNs: 300 * MS },
    ],
  });

  it.each(['record', 'request'] as const)(
    'is no drop to producers, who do not notice it: the alert is missed (%s)',
    (fidelity) => {
      const { alerts, ledger } = run(world(0), quick, fidelity);
      expect(ledger.unknown).toBeGreaterThan(0);
      expect(ledger.dropped).toEqual({});
      expect(alerts!.raised.filter(({ rule }) => rule === 'drops')).toEqual([]);
      expect(alerts!.missed.filter(({ rule }) => rule === 'drops')).not.toEqual([]);
      const told = run(world(1), quick, fidelity);
      expect(told.alerts!.raised.filter(({ rule }) => rule === 'drops')).not.toEqual([]);
    },
  );
});

describe('a checkpoint store that is away', () => {
  it('looks as if consumers were stuck, which is false: sinks get everything', () => {
    const world: SmallWorld = {
      sinks: [generic],
      router: { commitIntervalNs: 50 * MS },
      faults: [{ kind: 'checkpoint-store-down', atNs: 500 * MS, forNs: 800 * MS }],
    };
    const rules = { ...quick.rules, 'stuck-consumer': { ...QUICK, windowNs: 300 * MS } };
    const { alerts } = run(world, { intervalNs: 30 * MS, rules });
    const stuck = alerts!.rules.find(({ rule }) => rule === 'stuck-consumer')!;
    expect(stuck.raised).toBeGreaterThan(0);
    expect(stuck).toMatchObject({ false: stuck.raised, missed: 0 });
  });
});
