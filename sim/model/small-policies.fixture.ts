/** Producers' policies for small worlds: tight buffers, and time-outs that strike. */
import fc from 'fast-check';
import type { ProducerSpec } from '../scenario/scenario.ts';

const MS = 1_000_000;

export const policies: fc.Arbitrary<Partial<ProducerSpec>> = fc
  .record({
    partitioner: fc.constantFrom('random', 'round-robin', 'keyed', 'sticky', 'uniform-sticky'),
    stickForBatches: fc.constantFrom(1, 3, Number.POSITIVE_INFINITY),
    adaptive: fc.boolean(),
    keys: fc.integer({ min: 1, max: 20 }),
    lingerNs: fc.oneof(fc.constantFrom(0, 5 * MS, 100 * MS), fc.integer({ min: 0, max: 200 * MS })),
    batchBytes: fc.integer({ min: 50, max: 3_000 }),
    requestBytesMax: fc.integer({ min: 100, max: 8_000 }),
    recordBytesMax: fc.constantFrom(400, 10_000),
    bufferBytes: fc.integer({ min: 500, max: 20_000 }),
    bufferRecords: fc.constantFrom(5, 50, 1_000),
    overflow: fc.constantFrom('drop-new', 'drop-oldest', 'evict-lower'),
    inFlight: fc.integer({ min: 1, max: 5 }),
    acks: fc.constantFrom(0, 1, -1),
    idempotent: fc.boolean(),
    requestTimeoutNs: fc.constantFrom(2 * MS, 20 * MS, 300 * MS),
    deliveryTimeoutNs: fc.constantFrom(510 * MS, 1_500 * MS, Number.POSITIVE_INFINITY),
    retries: fc.integer({ min: 0, max: 3 }),
    compressionRatio: fc.constantFrom(1, 0.37),
    compressionNsPerByte: fc.constantFrom(0, 30),
    // Without quotas the topics' tenants have none.
    quotas: fc.constantFrom<ProducerSpec['quotas']>(
      [],
      [{ tenant: 'slow', recordsPerSecond: 20, burstRecords: 5 }],
      [
        { tenant: 'slow', recordsPerSecond: 100, bytesPerSecond: 9_000, burstBytes: 10_000 },
        { tenant: 'small', bytesPerSecond: 3_000 },
      ],
    ),
  } as const)
  .map((spec) => spec as Partial<ProducerSpec>);
