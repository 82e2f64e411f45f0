/**
 * Simulating from code: load or resolve a scenario, run it, look at it while it runs.
 *
 * ```ts
 * import { simulate } from 'spillway/sim';
 * const result = simulate('laptop', { for: '10s' });
 * ```
 */
export * from './engine/index.ts';
export { Histogram } from './measure/histogram.ts';
export type { SimulatedConsumerOptions } from './ports/consumer-port.ts';
export type { SimulatedKafkaOptions, SimulatedTopic } from './ports/kafka-spec.ts';
export { type SimulatedClientOptions, type SimulatedCut, SimulatedKafka } from './ports/simulated-kafka.ts';
export type { MigrationReport, PipelineSide } from './report/migration.ts';
export type * from './report/result.ts';
export * from './scenario/index.ts';
export { type SimulateOptions, simulate } from './simulate.ts';
export { Simulation, type SimulationOptions } from './simulation.ts';
