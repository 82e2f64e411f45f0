/**
 * What one decision of a policy costs by itself, nanoseconds: no core around it, no world. Measure one policy a process:
 * where several have run, calls go through a table and nothing is inlined, which a program with one policy never sees.
 */
import {
  type BufferView,
  dropNew,
  dropOldest,
  evictLower,
  keyed,
  type LoadView,
  NO_KEY,
  type OverflowPolicy,
  type PartitionerFactory,
  random,
  roundRobin,
  sticky,
  TopicView,
  uniformSticky,
} from '../src/index.ts';

/** The preset's: streams of one core, partitions of a middling topic, records that a batch gets at 100 ms. */
const STREAMS = 5;
const PARTITIONS = 32;
const RECORD_BYTES = 2125;
const BATCH_BYTES = 65_536;
const BATCH_RECORDS = 16;

export const PARTITIONERS: Readonly<Record<string, PartitionerFactory>> = {
  random: random(),
  'round-robin': roundRobin(),
  keyed: keyed(),
  sticky: sticky(),
  'uniform-sticky': uniformSticky({ batchBytes: BATCH_BYTES }),
};

export const OVERFLOWS: readonly OverflowPolicy[] = [dropNew, dropOldest, evictLower];

/** A median of rounds: what disturbs the machine for a while is not the policy's. */
function nsEach(decisions: number, rounds: number, decide: (n: number) => number): number {
  // Kept and looked at, so that nothing is optimised away.
  let kept = decide(decisions);
  const ns: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    kept += decide(decisions);
    ns.push(((performance.now() - began) * 1e6) / decisions);
  }
  if (!Number.isFinite(kept)) throw new Error('a policy answered no number');
  return ns.sort((a, b) => a - b)[rounds >> 1];
}

/** A record's decision: `peek` and `appended`, and `closed` at every 16th record, as a full or lingered batch does. */
export function partitionerNs(factory: PartitionerFactory, { decisions, rounds }: Effort): number {
  const partitioner = factory({ batchBytesMax: BATCH_BYTES, compressionRatio: 1 });
  const view = new TopicView(Array.from({ length: PARTITIONS }, (_, i) => i));
  const queued = Int32Array.from({ length: PARTITIONS }, (_, i) => i & 3);
  const load: LoadView = { queuedBatches: () => queued };
  const withKey = partitioner.name === 'keyed';
  for (let stream = 0; stream < STREAMS; stream++) partitioner.addStream(stream, 0x9e3779b9 * (stream + 1));
  let key = 1;
  return nsEach(decisions, rounds, (n) => {
    let sum = 0;
    let stream = 0;
    for (let i = 1; i <= n; i++) {
      key = (Math.imul(key, 1_103_515_245) + 12_345) & 0x7fffffff;
      const partition = partitioner.peek(stream, withKey ? key : NO_KEY, view, load);
      partitioner.appended(stream, partition, 1, RECORD_BYTES);
      if (i % BATCH_RECORDS === 0) {
        partitioner.closed(stream, partition);
        stream = (stream + 1) % STREAMS;
      }
      sum += partition;
    }
    return sum;
  });
}

/** `victim`, with a batch of each class queued, asked for each class in turn. */
export function overflowNs(policy: OverflowPolicy, { decisions, rounds }: Effort): number {
  const createdAtNs = Float64Array.of(3_000_000, 1_000_000, 2_000_000);
  const buffer: BufferView = {
    oldest: (serviceClass) => serviceClass,
    createdAtNs: (batch) => createdAtNs[batch],
  };
  return nsEach(decisions, rounds, (n) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += policy.victim(buffer, i % 3);
      createdAtNs[i % 3] += 1000;
    }
    return sum;
  });
}

export interface Effort {
  readonly decisions: number;
  readonly rounds: number;
}
