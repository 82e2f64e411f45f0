/** Policies of one's own, in place of those that a scenario names: the interfaces of the library, nothing else. */
import type { Clock } from '../../src/ports.ts';
import type { ProducerConfig } from '../../src/producer/config.ts';
import type { RouterPolicies } from '../model/fleet/core-options.ts';
import type { SimulationOptions } from '../simulation.ts';

/** Tells copies from first arrivals, as `DedupeWindow` does. */
export interface Deduper {
  /** True when the id came before. Ids are unique to a record; `nowNs` never goes back. */
  isDuplicate(id: string, nowNs: number): boolean;
}

/** What a policy is made with. */
export interface PolicyContext {
  /** The virtual clock of the run: the only one that a policy may look at. */
  readonly clock: Clock;
}

/** A policy with state has to be made anew for each run: by a function, never shared as an object. */
export interface Policies {
  /** Parts of the producers' configuration, for all instances: partitioner, overflow, retry, numbers. */
  readonly producer?: Partial<ProducerConfig> | ((context: PolicyContext) => Partial<ProducerConfig>);
  /** The policies of the routers, or of those of each job: retry, commit, back-pressure, grouping, scaling. */
  readonly router?:
    | RouterPolicies
    | ((context: PolicyContext & { readonly topic: string; readonly sinks: readonly string[] }) => RouterPolicies);
  /** What a sink tells copies by. Default it takes them all. Made once for each sink and run; record fidelity. */
  readonly dedupe?: (context: PolicyContext) => Deduper;
}

/** The policies of one run, as a simulation takes them. */
export function simulationPolicies(
  { producer, router }: Policies,
  context: PolicyContext,
): Pick<SimulationOptions, 'producer' | 'router'> {
  return {
    ...(producer !== undefined && { producer: typeof producer === 'function' ? producer(context) : producer }),
    ...(router !== undefined && {
      router: (job) => (typeof router === 'function' ? router({ ...context, ...job }) : router),
    }),
  };
}
