/** Whole cases: a world, its traffic, its policies' settings and the faults that strike it, as one written scenario. */
import fc from 'fast-check';
import type { Written, WrittenScenario } from '../../scenario/index.ts';
import type { WrittenFault } from './fault-kinds.ts';
import { fewerFaults, repaired, type ScheduleOptions, schedulesOver, shorterFaults } from './schedules.ts';
import { policySettings, type Settings, withSettings } from './settings.ts';
import { targetsOf, worldOf } from './targets.ts';
import { type Traffic, traffics, withTraffic } from './traffic.ts';
import { worlds } from './worlds.ts';

export interface ScenarioOptions {
  /** A world that stays as it is, or what worlds are drawn from. Default `worlds()`. Its own faults strike as well. */
  readonly world?: Written | fc.Arbitrary<Written>;
  /**
   * What traffic is drawn from; null leaves it as the world has it. Default `traffics()`, for a world that is given null.
   * Laid over the topics under `topics.named`.
   */
  readonly traffic?: fc.Arbitrary<Traffic> | null;
  /** What settings are drawn from; null leaves them. Default `policySettings()`, for a world that is given null. */
  readonly settings?: fc.Arbitrary<Settings> | null;
  /** What schedules are drawn from; `within` is the world's `run.for` unless said otherwise. */
  readonly faults?: ScheduleOptions;
}

/** What a scenario was drawn from, each with what its own arbitrary needs for shrinking it. */
interface Draws {
  readonly world: fc.Value<Written>;
  readonly traffic: fc.Value<Traffic> | null;
  readonly settings: fc.Value<Settings> | null;
  readonly faults: readonly WrittenFault[];
  readonly seed: number;
}

/**
 * Any scenario, always a valid one. Shrinks, in this order, to fewer faults, a smaller world, shorter faults, simpler
 * traffic, fewer settings.
 */
export function scenarios(options: ScenarioOptions = {}): fc.Arbitrary<Written> {
  return new ScenarioArbitrary(options);
}

class ScenarioArbitrary extends fc.Arbitrary<Written> {
  readonly #world: fc.Arbitrary<Written>;
  readonly #traffic: fc.Arbitrary<Traffic> | null;
  readonly #settings: fc.Arbitrary<Settings> | null;
  readonly #faults: ScheduleOptions;

  constructor({ world, traffic, settings, faults = {} }: ScenarioOptions) {
    super();
    const given = world !== undefined && !(world instanceof fc.Arbitrary);
    this.#world = world === undefined ? worlds() : world instanceof fc.Arbitrary ? world : fc.constant(world);
    this.#traffic = traffic === undefined ? (given ? null : traffics()) : traffic;
    this.#settings = settings === undefined ? (given ? null : policySettings()) : settings;
    this.#faults = given ? { within: `${worldOf(world).durationNs}ns`, ...faults } : faults;
  }

  generate(random: fc.Random, biasFactor: number | undefined): fc.Value<Written> {
    const world = this.#world.generate(random, biasFactor);
    const draws = {
      world,
      traffic: this.#traffic?.generate(random, biasFactor) ?? null,
      settings: this.#settings?.generate(random, biasFactor) ?? null,
      faults: schedulesOver(targetsOf(world.value), this.#faults).generate(random, biasFactor).value,
      seed: random.nextInt(1, 1_000_000),
    };
    return caseOf(draws);
  }

  canShrinkWithoutContext(_value: unknown): _value is Written {
    return false;
  }

  shrink(_value: Written, context: unknown): fc.Stream<fc.Value<Written>> {
    return fc.stream(this.#simpler(context as Draws));
  }

  *#simpler(draws: Draws): IterableIterator<fc.Value<Written>> {
    const { world, traffic, settings, faults } = draws;
    for (const fewer of fewerFaults(faults)) yield caseOf({ ...draws, faults: fewer });
    for (const smaller of this.#world.shrink(world.value_, world.context)) {
      yield caseOf({ ...draws, world: smaller, faults: repaired(faults, targetsOf(smaller.value), this.#faults) });
    }
    for (const shorter of shorterFaults(faults, this.#faults)) yield caseOf({ ...draws, faults: shorter });
    if (traffic !== null) {
      for (const simpler of this.#traffic!.shrink(traffic.value_, traffic.context)) {
        yield caseOf({ ...draws, traffic: simpler });
      }
    }
    if (settings !== null) {
      for (const fewer of this.#settings!.shrink(settings.value_, settings.context)) {
        yield caseOf({ ...draws, settings: fewer });
      }
    }
  }
}

function caseOf(draws: Draws): fc.Value<Written> {
  const { world, traffic, settings, faults, seed } = draws;
  // Traffic and settings are laid over what the world writes out itself; what it extends stays below.
  let written = world.value as WrittenScenario;
  if (traffic !== null) written = withTraffic(written, traffic.value);
  if (settings !== null) written = withSettings(written, settings.value);
  return new fc.Value({ ...written, seed, faults: [...(written.faults ?? []), ...faults] } as Written, draws);
}
