/** What moves between clusters and regions while a world runs, resolved. Part of `FaultSpec`. */

/** A topic gets another cluster while it runs; routers read both. */
export interface TopicMoveSpec {
  readonly kind: 'topic-move';
  readonly atNs: number;
  readonly topic: string;
  readonly to: string;
  readonly createNs: number;
  /** Between two looks of a producer at the map of topics and clusters. */
  readonly pollNs: number;
}

/** All topics of a cluster go to a stand-by, and back. Each step takes its own time. */
export interface FailoverSpec {
  readonly kind: 'failover';
  /** An operator begins then; with a rule, checks begin. */
  readonly atNs: number;
  readonly cluster: string;
  readonly to: string;
  /** Sick in `hits` of the last `window` checks; null when an operator decides. */
  readonly rule: {
    readonly checkNs: number;
    readonly hits: number;
    readonly window: number;
    /** Share of partitions without a working leader from which on a check finds the cluster sick. */
    readonly sickFraction: number;
  } | null;
  readonly bootNs: number;
  readonly createNs: number;
  readonly pollNs: number;
  /** At the least, from when all producers have left; null for good. */
  readonly stayNs: number | null;
  /** Between two looks whether a cluster is drained, or well again. */
  readonly lookNs: number;
}

/** The traffic of a region goes to the others over a time, and returns as it went. */
export interface EvacuationSpec {
  readonly kind: 'region-evacuation';
  readonly atNs: number;
  /** From the beginning of the one shift to that of the other. */
  readonly forNs: number;
  readonly region: string;
  readonly overNs: number;
}

export type MoveFaultSpec = TopicMoveSpec | FailoverSpec | EvacuationSpec;
