import type { EventPool } from './pool.ts';

/** Up to here insertion is quickest. */
const INSERTION_MAX = 32;
/** Distributions within distributions before merging takes over: by time, then among ties by key, and one to spare. */
const DEPTH_MAX = 3;

let scratch: Int32Array = new Int32Array(256);
const startsByDepth: Int32Array[] = Array.from({ length: DEPTH_MAX }, () => new Int32Array(513));

/**
 * Sorts `events[from]` … `events[to − 1]` from last to first.
 *
 * Large ranges are dealt into as many parts as there are events, evenly by time (or by key, if all are at one time): a
 * linear pass for a burst or a tie, where comparing would take n log n. Ranges so uneven that this fails are merged.
 */
export function sortDescending(events: Int32Array, from: number, to: number, pool: EventPool): void {
  if (scratch.length < events.length) scratch = new Int32Array(events.length);
  sortRange(events, from, to, pool, 0);
}

function sortRange(events: Int32Array, from: number, to: number, pool: EventPool, depth: number): void {
  if (to - from <= INSERTION_MAX) insertionSort(events, from, to, pool);
  else if (depth === DEPTH_MAX || !distribute(events, from, to, pool, depth)) mergeSort(events, from, to, pool);
}

function insertionSort(events: Int32Array, from: number, to: number, pool: EventPool): void {
  for (let i = from + 1; i < to; i++) {
    const event = events[i];
    let j = i;
    for (; j > from && pool.before(events[j - 1], event); j--) events[j] = events[j - 1];
    events[j] = event;
  }
}

/** False, with nothing done, if the events are alike in time and key. */
function distribute(events: Int32Array, from: number, to: number, pool: EventPool, depth: number): boolean {
  let low = pool.timeNs(events[from]);
  let high = low;
  for (let i = from + 1; i < to; i++) {
    const timeNs = pool.timeNs(events[i]);
    if (timeNs < low) low = timeNs;
    if (timeNs > high) high = timeNs;
  }
  const byKey = low === high;
  if (byKey) {
    low = key(events[from], pool);
    high = low;
    for (let i = from + 1; i < to; i++) {
      const own = key(events[i], pool);
      if (own < low) low = own;
      if (own > high) high = own;
    }
    if (low === high) return false;
  }
  const parts = to - from;
  if (startsByDepth[depth].length <= parts) startsByDepth[depth] = new Int32Array(2 * parts + 1);
  const starts = startsByDepth[depth];
  // Rounding can't break the order: multiplying by a constant is monotone, and so is truncation.
  const perUnit = (parts - 1) / (high - low);
  starts.fill(0, 0, parts + 1);
  for (let i = from; i < to; i++) {
    const value = byKey ? key(events[i], pool) : pool.timeNs(events[i]);
    starts[((high - value) * perUnit) | 0]++;
    scratch[i] = events[i];
  }
  let sum = from;
  for (let part = 0; part <= parts; part++) {
    const count = starts[part];
    starts[part] = sum;
    sum += count;
  }
  for (let i = from; i < to; i++) {
    const event = scratch[i];
    const value = byKey ? key(event, pool) : pool.timeNs(event);
    events[starts[((high - value) * perUnit) | 0]++] = event;
  }
  // Each part's start has moved on to its end.
  let start = from;
  for (let part = 0; part < parts; part++) {
    const end = starts[part];
    if (end - start > 1) sortRange(events, start, end, pool, depth + 1);
    start = end;
  }
  return true;
}

/** Rank and ordinal as one number. */
function key(event: number, pool: EventPool): number {
  return pool.rank(event) * 16777216 + pool.ordinal(event);
}

function mergeSort(events: Int32Array, from: number, to: number, pool: EventPool): void {
  let source = events;
  let target = scratch;
  for (let width = 1; width < to - from; width *= 2) {
    for (let start = from; start < to; start += 2 * width) {
      const middle = Math.min(start + width, to);
      const end = Math.min(start + 2 * width, to);
      let left = start;
      let right = middle;
      for (let i = start; i < end; i++) {
        const takeRight = left === middle || (right < end && pool.before(source[left], source[right]));
        target[i] = takeRight ? source[right++] : source[left++];
      }
    }
    const swap = source;
    source = target;
    target = swap;
  }
  if (source !== events) events.set(source.subarray(from, to), from);
}
