/** Self-healing: who is to be replaced, decided without input or output. */
export { type Judgement, OutlierDetector, type OutlierOptions } from './outlier-detector.ts';
