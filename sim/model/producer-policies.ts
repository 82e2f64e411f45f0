/** From the names in a scenario to the policies of the library: the very objects that production uses. */
import type { ProducerConfig } from '../../src/producer/config.ts';
import type { ProducerOptions } from '../../src/producer/options.ts';
import { dropNew, dropOldest, evictLower } from '../../src/producer/overflow.ts';
import { keyed, random, roundRobin, sticky, uniformSticky } from '../../src/producer/partitioner/index.ts';
import type { PartitionerFactory } from '../../src/producer/policy.ts';
import { exponential } from '../../src/producer/retry.ts';
import type { ProducerSpec, Scenario } from '../scenario/scenario.ts';

const OVERFLOWS = { 'drop-new': dropNew, 'drop-oldest': dropOldest, 'evict-lower': evictLower } as const;

export function producerConfig(spec: ProducerSpec): ProducerConfig {
  return {
    lingerNs: spec.lingerNs,
    batchBytesMax: spec.batchBytes,
    requestBytesMax: spec.requestBytesMax,
    recordBytesMax: spec.recordBytesMax,
    bufferBytesMax: spec.bufferBytes,
    bufferRecordsMax: spec.bufferRecords,
    overheadBytesPerRecord: spec.overheadBytesPerRecord,
    overheadBytesPerBatch: spec.overheadBytesPerBatch,
    compressionRatio: spec.compressionRatio,
    inFlightMax: spec.inFlight,
    acks: spec.acks,
    requestTimeoutNs: spec.requestTimeoutNs,
    deliveryTimeoutNs: spec.deliveryTimeoutNs,
    retriesMax: spec.retries,
    retry: exponential({ retryBackoffNs: spec.retryBackoffNs, retryBackoffMaxNs: spec.retryBackoffMaxNs }),
    reconnect: exponential({ retryBackoffNs: spec.reconnectBackoffNs, retryBackoffMaxNs: spec.reconnectBackoffMaxNs }),
    partitioner: partitionerOf(spec),
    overflow: OVERFLOWS[spec.overflow],
    quotas: spec.quotas,
  };
}

/** The same for a producer in a process: what a scenario says of topics and tenants, by their names. */
export function producerOptions({ producers: { policy }, topics }: Scenario): Omit<ProducerOptions, 'port'> {
  const named = <T>(of: (topic: Scenario['topics'][number]) => T | undefined): Record<string, T> =>
    Object.fromEntries(topics.flatMap((topic) => (of(topic) === undefined ? [] : [[topic.name, of(topic)!]])));
  return {
    ...producerConfig(policy),
    quotas: Object.fromEntries(policy.quotas.map(({ tenant, ...quota }) => [tenant, quota])),
    tenants: named(({ tenant }) => tenant),
    acksByTopic: named(({ acks }) => acks),
  };
}

function partitionerOf(spec: ProducerSpec): PartitionerFactory {
  switch (spec.partitioner) {
    case 'random':
      return random();
    case 'round-robin':
      return roundRobin();
    case 'keyed':
      return keyed();
    case 'sticky':
      return sticky({ stickForBatches: spec.stickForBatches });
    case 'uniform-sticky':
      return uniformSticky({ batchBytes: spec.batchBytes, adaptive: spec.adaptive });
  }
}
