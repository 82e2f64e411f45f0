/** From the names in a scenario to the policies of the library: the very objects that production uses. */
import type { ProducerConfig } from '../../src/producer/config.ts';
import { dropNew, dropOldest, evictLower } from '../../src/producer/overflow.ts';
import { keyed, random, roundRobin, sticky, uniformSticky } from '../../src/producer/partitioner/index.ts';
import type { Partitioner } from '../../src/producer/policy.ts';
import { exponential } from '../../src/producer/retry.ts';
import type { ProducerSpec } from '../scenario/scenario.ts';

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

function partitionerOf(spec: ProducerSpec): () => Partitioner {
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
