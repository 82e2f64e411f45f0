/** Who gives way when the buffer is full. All of them answer in constant time: they look at the head of each class. */
import type { BufferView, OverflowPolicy } from './policy.ts';

const NONE = -1;
/** Low, normal, high: indexes of `CLASSES`. */
const CLASS_COUNT = 3;

/**
 * Drops the new record: what is buffered is sent after the cluster is back (T16). The cheapest, and Keystone's.
 * Default of the producer.
 */
export const dropNew: OverflowPolicy = {
  name: 'drop-new',
  effectOnOrder:
    'None by itself: what is buffered keeps its place. The gap is at the end: the records of an outage after the buffer filled are missing.',
  cause: 'buffer-full',
  victim: () => NONE,
};

/**
 * Drops the oldest queued batch of any class: for data whose worth is in being recent. It takes as many batches as the
 * new record needs, and none that is already handed to the network; if there is no other, the new record drops.
 */
export const dropOldest: OverflowPolicy = {
  name: 'drop-oldest',
  effectOnOrder:
    'None by itself: the rest keeps its order. The gap is in front: a whole batch is missing between what was sent and what is queued.',
  cause: 'evicted',
  victim: (buffer: BufferView) => {
    let victim = NONE;
    let victimAtNs = Infinity;
    for (let serviceClass = 0; serviceClass < CLASS_COUNT; serviceClass++) {
      const batch = buffer.oldest(serviceClass);
      if (batch === NONE) continue;
      const atNs = buffer.createdAtNs(batch);
      // Strictly older: of two as old, the lower class goes.
      if (atNs < victimAtNs) {
        victim = batch;
        victimAtNs = atNs;
      }
    }
    return victim;
  },
};

/**
 * Evicts lower classes first: the oldest queued batch of the lowest class below the new record's. Never one of its own
 * class or a higher: then the new record drops.
 */
export const evictLower: OverflowPolicy = {
  name: 'evict-lower',
  effectOnOrder:
    'None by itself: order within a stream stays, as a stream has one class. Lower streams have gaps in front, the highest class only at the end.',
  cause: 'evicted',
  victim: (buffer: BufferView, serviceClass: number) => {
    for (let lower = 0; lower < serviceClass; lower++) {
      const batch = buffer.oldest(lower);
      if (batch !== NONE) return batch;
    }
    return NONE;
  },
};
