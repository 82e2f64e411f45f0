/** Settings of producers' and routers' policies, as a scenario writes them. */
import fc from 'fast-check';
import type { WrittenScenario } from '../../scenario/index.ts';
import { StagedArbitrary, shorter } from './staged.ts';

type WrittenPolicy = NonNullable<NonNullable<WrittenScenario['producers']>['policy']>;
type WrittenRouter = NonNullable<WrittenScenario['router']>;

export interface Settings {
  readonly producer: Partial<WrittenPolicy>;
  readonly router: Partial<WrittenRouter>;
}

/** What each setting may be drawn as, never as `worlds` has it: everything goes with everything, and with that. */
const PRODUCER = {
  partitioner: ['random', 'round-robin', 'keyed', 'sticky', 'uniform-sticky'],
  stickForBatches: [1, 3],
  adaptive: [true, false],
  keys: [1, 3, 20],
  linger: ['0ms', '5ms', '50ms'],
  batch: ['200B', '1kB', '16KiB'],
  requestMax: ['1kB', '1MiB'],
  recordMax: ['400B', '1MiB'],
  buffer: ['1kB', '5kB', '64kB'],
  bufferRecords: [5, 50, 100_000],
  overflow: ['drop-new', 'drop-oldest', 'evict-lower'],
  inFlight: [1, 2, 5],
  acks: ['0', '1', 'all'],
  requestTimeout: ['50ms', '300ms'],
  deliveryTimeout: ['400ms', '1s', 'never'],
  retries: [0, 3, 2_147_483_647],
  retryBackoff: ['5ms', '50ms'],
} as const satisfies { readonly [K in keyof WrittenPolicy]: readonly WrittenPolicy[K][] };

const ROUTER = {
  fetchMax: ['1kB', '1MiB'],
  fetchWait: ['10ms', '100ms'],
  writesInFlight: [1, 4],
  buffer: ['4kB', '1MiB'],
  commitInterval: ['20ms', '200ms', '1s'],
  relaunch: ['50ms', '500ms'],
  retryBackoff: ['10ms', '100ms'],
  backpressure: ['pause', 'credit'],
  credit: [10, 1000],
} as const satisfies { readonly [K in keyof WrittenRouter]: readonly WrittenRouter[K][] };

/** Any settings; each is left as the world has it half the time. Shrinks to fewer settings. */
export function policySettings(): fc.Arbitrary<Settings> {
  const some = (of: Readonly<Record<string, readonly unknown[]>>) =>
    fc.record(Object.fromEntries(Object.entries(of).map(([key, values]) => [key, fc.constantFrom(...values)])), {
      requiredKeys: [],
    });
  const drawn = fc.record({ producer: some(PRODUCER), router: some(ROUTER) }) as fc.Arbitrary<Settings>;
  return new StagedArbitrary(drawn, simpler);
}

function* simpler({ producer, router }: Settings): IterableIterator<Settings> {
  const all: readonly (readonly [keyof Settings, string, unknown])[] = [
    ...Object.entries(producer).map(([key, value]) => ['producer', key, value] as const),
    ...Object.entries(router).map(([key, value]) => ['router', key, value] as const),
  ];
  for (const kept of shorter(all)) {
    const of = (who: keyof Settings) => Object.fromEntries(kept.filter(([at]) => at === who).map(([, k, v]) => [k, v]));
    yield { producer: of('producer'), router: of('router') };
  }
}

export function withSettings<W extends WrittenScenario>(world: W, { producer, router }: Settings): W {
  return {
    ...world,
    producers: { ...world.producers, policy: { ...world.producers?.policy, ...producer } },
    router: { ...world.router, ...router },
  };
}
