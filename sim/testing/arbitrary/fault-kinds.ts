/**
 * The kinds of fault that a schedule is drawn from. A further kind is one entry here: what of a world it can strike, as
 * the settings that name it in a scenario.
 */
import type { WrittenScenario } from '../../scenario/index.ts';
import type { Targets } from './targets.ts';

export type WrittenFault = NonNullable<WrittenScenario['faults']>[number];
export type FaultKindName = WrittenFault['kind'];

/** The settings of a fault beside its kind and times. */
export type Strike = Readonly<Record<string, string | number | boolean>>;

export interface FaultKind {
  readonly kind: FaultKindName;
  /** False for what happens at one moment: it has no `for`. */
  readonly lasts: boolean;
  /** Who causes it: the world, or people who run it. */
  readonly by: 'world' | 'operator';
  /** All that it can strike, the plainest first. None where the world has nothing of the kind. */
  strikes(targets: Targets): readonly Strike[];
}

const eachBroker = ({ clusters }: Targets): Strike[] =>
  clusters.flatMap(({ name, brokers }) => range(brokers).map((broker) => ({ cluster: name, broker })));
const eachCluster = ({ clusters }: Targets): Strike[] => clusters.map(({ name }) => ({ cluster: name }));
const eachSink = ({ sinks }: Targets): Strike[] => sinks.map(({ name }) => ({ sink: name }));
const eachContainer = ({ sinks }: Targets): Strike[] =>
  sinks.flatMap(({ name, containers }) => range(containers).map((container) => ({ sink: name, container })));
const theRouters = ({ sinks }: Targets): Strike[] => (sinks.length > 0 ? [{}] : []);

export const FAULT_KINDS: readonly FaultKind[] = [
  { kind: 'broker-stop', lasts: true, by: 'world', strikes: eachBroker },
  { kind: 'cluster-unreachable', lasts: true, by: 'world', strikes: eachCluster },
  { kind: 'sink-stop', lasts: true, by: 'world', strikes: eachSink },
  { kind: 'router-crash', lasts: false, by: 'world', strikes: eachContainer },
  { kind: 'checkpoint-store-down', lasts: true, by: 'world', strikes: theRouters },
  { kind: 'desired-state-store-down', lasts: true, by: 'world', strikes: theRouters },
];

export function faultKind(name: string): FaultKind {
  const found = FAULT_KINDS.find(({ kind }) => kind === name);
  if (found === undefined) {
    throw new RangeError(
      `fault kind ${JSON.stringify(name)}; expected one of ${FAULT_KINDS.map(({ kind }) => kind).join(', ')}`,
    );
  }
  return found;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
