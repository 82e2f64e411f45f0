export type { PartitionerFactory } from '../policy.ts';

export { keyed } from './keyed.ts';
export { keyHashOf, murmur2 } from './murmur2.ts';
export { random } from './random.ts';
export { roundRobin } from './round-robin.ts';
export { type StickyOptions, sticky } from './sticky.ts';
export { type UniformStickyOptions, uniformSticky } from './uniform-sticky.ts';
