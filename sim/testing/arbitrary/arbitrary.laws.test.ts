import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadScenario, resolveScenario, type Written } from '../../scenario/index.ts';
import { laptop } from '../../scenario/presets/laptop.ts';
import { Simulation } from '../../simulation.ts';
import { msOf } from './duration.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import { sizeOf, smallerAt } from './scenario-size.fixture.ts';
import { scenarios } from './scenarios.ts';
import { faultSchedules } from './schedules.ts';
import { targetsOf } from './targets.ts';
import { worlds } from './worlds.ts';

/** Values with what shrinking them needs, as a runner holds them. */
function drawn<T>(arbitrary: fc.Arbitrary<T>, n: number): fc.Value<T>[] {
  const values: fc.Value<T>[] = [];
  const spy = new (class extends fc.Arbitrary<T> {
    generate(random: fc.Random, bias: number | undefined): fc.Value<T> {
      const value = arbitrary.generate(random, bias);
      values.push(value);
      return value;
    }
    canShrinkWithoutContext(_value: unknown): _value is T {
      return false;
    }
    shrink(): fc.Stream<fc.Value<T>> {
      return fc.Stream.nil();
    }
  })();
  fc.assert(
    fc.property(spy, () => undefined),
    { numRuns: n, seed: 7 },
  );
  return values;
}

const shrunk = (value: fc.Value<Written>): fc.Value<Written>[] => [...scenarios().shrink(value.value_, value.context)];

describe('any scenario', () => {
  const cases = drawn(scenarios(), 30);

  it('is valid, survives YAML, and runs with its books balanced', () => {
    for (const { value } of cases) {
      const scenario = resolveScenario(value);
      expect(resolveScenario(parse(stringify(value)) as Written)).toEqual(scenario);
      const simulation = new Simulation(scenario);
      simulation.advance();
      expect(simulation.finish().ledger.balanced).toBe(true);
    }
  });

  it('has every kind of fault, every setting of a world, and often fewer kinds than there are', () => {
    const many = drawn(scenarios(), 200).map(({ value }) => value);
    const kinds = many.map((each) => new Set(each.faults!.map(({ kind }) => kind)));
    // Drawn worlds have neither a stand-by nor a second region: see `failover.laws.test.ts`.
    const elsewhere = ['topic-move', 'failover', 'region-evacuation'];
    const placed = FAULT_KINDS.filter(({ kind }) => !elsewhere.includes(kind));
    expect([...new Set(kinds.flatMap((each) => [...each]))].sort()).toEqual(placed.map(({ kind }) => kind).sort());
    expect(kinds.filter((each) => each.size === 1).length).toBeGreaterThan(20);
    expect(kinds.filter((each) => each.size >= 3).length).toBeGreaterThan(10);
    const seen = new Set(many.flatMap(({ clusters }) => Object.keys(clusters!)));
    expect([...seen].sort()).toEqual(['consumer', 'high', 'low', 'normal']);
    const settings = new Set(many.flatMap(({ producers }) => Object.keys(producers!.policy!)));
    expect(settings.size).toBeGreaterThan(15);
  });

  it('shrinks to valid ones only, each strictly smaller, in the stated order of what gets smaller', () => {
    for (const value of cases.slice(0, 8)) {
      const size = sizeOf(value.value);
      const at = shrunk(value).map((each) => smallerAt(sizeOf(each.value), size));
      expect(at).not.toContain(-1);
      expect(at).toEqual([...at].sort((a, b) => a - b));
      // Faults, entities, outages with their times, traffic, settings: all of them are tried.
      if (size[0]! > 1) expect(new Set(at).size).toBeGreaterThan(4);
    }
  });

  it('shrinks to its end in few steps, whichever way the failure goes', () => {
    for (const [i, value] of cases.slice(0, 5).entries()) {
      let now = value;
      for (let steps = 0; ; steps++) {
        const next = shrunk(now);
        if (next.length === 0) break;
        now = next[(i * 7_919 + steps * 104_729) % next.length]!;
        expect(steps).toBeLessThan(300);
      }
      expect(now.value.faults).toEqual([]);
    }
  });

  it('shrinks a failure to the least that fails', () => {
    // Fails when some sink stops for longer than 123 ms.
    const failing = fc.check(
      fc.property(scenarios(), ({ faults }) =>
        faults!.every((fault) => fault.kind !== 'sink-stop' || msOf(fault.for) <= 123),
      ),
      { numRuns: 1_000, seed: 3 },
    );
    const [least] = failing.counterexample!;
    expect(least.faults).toEqual([{ kind: 'sink-stop', at: '0ms', for: '124ms', sink: expect.any(String) }]);
    expect(Object.keys(least.clusters!)).toHaveLength(least.clusters!.consumer ? 2 : 1);
    expect(least.clusters![Object.keys(least.clusters!)[0]!]).toMatchObject({ brokers: 1, replicationFactor: 1 });
    expect(least.traffic).toEqual({ shape: { kind: 'constant' } });
    expect(least.producers!.policy).toEqual(resolvedPolicy(least));
  });
});

/** The policy of the world alone: no setting drawn over it. */
function resolvedPolicy({ producers }: Written): unknown {
  const [{ value }] = drawn(worlds(), 1) as [fc.Value<Written>];
  expect(Object.keys(producers!.policy!)).toEqual(Object.keys(value.producers!.policy!));
  return value.producers!.policy;
}

describe('schedules over a world that is given', () => {
  it('strike what it has, its templates’ clusters by their own names', () => {
    const world = {
      extends: 'laptop',
      name: 'mine',
      sinks: { s3: null },
      topics: { routes: { s3: null } },
    } as unknown as Written;
    const targets = targetsOf(world);
    expect(targets.clusters.map(({ name }) => name)).toEqual(Object.keys(laptop.clusters));
    expect(targets.sinks.map(({ name }) => name)).toEqual(['elasticsearch', 'kafka']);
    fc.assert(
      fc.property(scenarios({ world }), (written) => {
        // What comes at a rate may not come at all.
        const sure = written.faults!.filter(({ kind }) => !kind.startsWith('chaos-'));
        expect(loadScenario(written).faults.length).toBeGreaterThanOrEqual(sure.length);
      }),
      { numRuns: 20 },
    );
  });

  it('are of the kinds asked for, apart where asked, and within their time, shrunk ones too', () => {
    const [{ value: world }] = drawn(worlds({ sinks: { min: 1 } }), 1) as [fc.Value<Written>];
    const options = { kinds: ['broker-stop', 'router-crash'], within: '3s', apart: '200ms', forMin: '5ms' } as const;
    const schedules = faultSchedules(world, options);
    const check = (faults: NonNullable<Written['faults']>): void => {
      let freeMs = 0;
      for (const fault of faults) {
        expect(options.kinds).toContain(fault.kind);
        expect(msOf(fault.at)).toBeGreaterThanOrEqual(freeMs);
        const endMs = msOf(fault.at) + ('for' in fault ? msOf(fault.for!) : 0);
        if ('for' in fault) expect(msOf(fault.for!)).toBeGreaterThanOrEqual(5);
        expect(endMs).toBeLessThanOrEqual(3_000);
        freeMs = endMs + 200;
      }
    };
    for (const { value } of drawn(schedules, 100)) {
      check(value);
      for (const each of schedules.shrink(value, undefined)) check(each.value);
    }
  });

  it('refuse a kind that there is not, naming those that there are', () => {
    const [{ value: world }] = drawn(worlds(), 1) as [fc.Value<Written>];
    expect(() => faultSchedules(world, { kinds: ['broker-stopp' as 'broker-stop'] })).toThrow(
      /fault kind "broker-stopp"; expected one of broker-kill, /,
    );
    expect(() => faultSchedules(world, { within: 'soon' })).toThrow(/"soon"; expected a duration/);
  });
});
