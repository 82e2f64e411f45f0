/** A scenario's failovers with one step twice as slow: which step matters is a question for the same drill again. */
import { strikesCluster } from '../faults/strikes-cluster.ts';
import type { FailoverSpec, FaultSpec, Scenario } from './scenario.ts';

/** What of a failover takes a time of its own. */
export const DRILL_STEPS = ['detect', 'start', 'create', 'shift', 'repair', 'stay', 'look'] as const;
export type DrillStep = (typeof DRILL_STEPS)[number];

/**
 * detect: the time between checks, or what an operator took since the fault began. repair: how long the faults of the
 * cluster last. The others: the settings `boot`, `create`, `poll`, `stay` and `look`.
 */
export function withSlower(scenario: Scenario, step: DrillStep): Scenario {
  const failed = scenario.faults.filter((fault): fault is FailoverSpec => fault.kind === 'failover');
  return { ...scenario, faults: scenario.faults.map((fault) => slower(fault, step, failed, scenario)) };
}

function slower(fault: FaultSpec, step: DrillStep, failed: readonly FailoverSpec[], { faults }: Scenario): FaultSpec {
  if (fault.kind !== 'failover') {
    const struck = failed.some(({ cluster }) => strikesCluster(fault, cluster));
    return step === 'repair' && struck && 'forNs' in fault ? { ...fault, forNs: 2 * fault.forNs } : fault;
  }
  switch (step) {
    case 'detect':
      if (fault.rule !== null) return { ...fault, rule: { ...fault.rule, checkNs: 2 * fault.rule.checkNs } };
      return { ...fault, atNs: fault.atNs + sinceFaultNs(fault, faults) };
    case 'start':
      return { ...fault, bootNs: 2 * fault.bootNs };
    case 'create':
      return { ...fault, createNs: 2 * fault.createNs };
    case 'shift':
      return { ...fault, pollNs: 2 * fault.pollNs };
    case 'stay':
      return { ...fault, stayNs: fault.stayNs === null ? null : 2 * fault.stayNs };
    case 'look':
      return { ...fault, lookNs: 2 * fault.lookNs };
    case 'repair':
      return fault;
  }
}

/** How long the earliest fault that the cluster is in has lasted when the operator decides. */
function sinceFaultNs({ cluster, atNs }: FailoverSpec, faults: readonly FaultSpec[]): number {
  const begun = faults.flatMap((fault) => (strikesCluster(fault, cluster) && fault.atNs <= atNs ? [fault.atNs] : []));
  return begun.length === 0 ? 0 : atNs - Math.min(...begun);
}
