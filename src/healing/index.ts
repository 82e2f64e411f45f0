/** Self-healing: who is to be replaced, and when a cluster fails over; decided without input or output. */
export {
  ClusterFailover,
  type FailoverEffects,
  type FailoverMilestone,
  type FailoverPolicy,
} from './cluster-failover.ts';
export { type Judgement, OutlierDetector, type OutlierOptions } from './outlier-detector.ts';
