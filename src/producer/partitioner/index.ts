import type { Partitioner } from '../policy.ts';

/** Makes the partitioner of one core: state is never shared between cores. */
export type PartitionerFactory = () => Partitioner;

export { keyed } from './keyed.ts';
export { keyHashOf, murmur2 } from './murmur2.ts';
export { random } from './random.ts';
export { roundRobin } from './round-robin.ts';
export { type StickyOptions, sticky } from './sticky.ts';
export { type UniformStickyOptions, uniformSticky } from './uniform-sticky.ts';
