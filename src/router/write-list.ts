import type { WritePool } from './write-pool.ts';

/** A first-in, first-out list through the links of a `WritePool`, with removal from the middle. */
export class WriteList {
  private readonly pool: WritePool;
  first = -1;
  private last = -1;

  constructor(pool: WritePool) {
    this.pool = pool;
  }

  push(write: number): void {
    const last = this.last;
    this.pool.linkWrite(write, last, -1);
    if (last < 0) this.first = write;
    else this.pool.linkWrite(last, this.pool.previousWrite(last), write);
    this.last = write;
  }

  remove(write: number): void {
    const previous = this.pool.previousWrite(write);
    const next = this.pool.nextWrite(write);
    if (previous < 0) this.first = next;
    else this.pool.linkWrite(previous, this.pool.previousWrite(previous), next);
    if (next < 0) this.last = previous;
    else this.pool.linkWrite(next, previous, this.pool.nextWrite(next));
  }
}
