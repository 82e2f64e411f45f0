import type { EventPool } from './pool.ts';

/**
 * Told of events of one kind that are about to come up: `entities[i]` and `data[i]`, i < `count`, valid during the call,
 * in no order. It may only read, to have memory in cache by the time the handlers want it.
 */
export type Foreseer = (entities: Int32Array, data: Int32Array, count: number) => void;

/** Events read ahead together at most: their rows have to stay in cache until their turn. */
const BLOCK_MAX = 64;
const MASK_24 = 0xffffff;

/**
 * Upcoming events, sorted by kind, a block at a time. Reading for one event is a chain of dependent loads, each a wait
 * for memory; reading for dozens in step, the first link of all before the second of any, lets those waits overlap.
 */
export class Foresight {
  /** The block: places in the pool. */
  readonly events = new Int32Array(BLOCK_MAX);
  private readonly foreseers: (Foreseer | undefined)[] = [];
  private readonly entities: Int32Array[] = [];
  private readonly data: Int32Array[] = [];
  private readonly counts = new Int32Array(32);

  watch(kind: number, foreseer: Foreseer): void {
    while (this.foreseers.length <= kind) {
      this.foreseers.push(undefined);
      this.entities.push(new Int32Array(BLOCK_MAX));
      this.data.push(new Int32Array(BLOCK_MAX));
    }
    this.foreseers[kind] = foreseer;
  }

  /** Completes the block, whose first `heads` are heads of lists, and tells the foreseers. */
  tell(pool: EventPool, heads: number): void {
    const { events, entities, data, counts } = this;
    const count = pool.unlist(events, heads);
    const kinds = this.foreseers.length;
    counts.fill(0);
    for (let i = 0; i < count; i++) {
      const rank = pool.rank(events[i]);
      const kind = rank >>> 24;
      if (kind >= kinds) continue;
      const at = counts[kind]++;
      entities[kind][at] = rank & MASK_24;
      data[kind][at] = pool.data(events[i]);
    }
    for (let kind = 0; kind < kinds; kind++) {
      if (counts[kind] > 0) this.foreseers[kind]?.(entities[kind], data[kind], counts[kind]);
    }
  }
}
