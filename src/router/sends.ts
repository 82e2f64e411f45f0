import { invariant } from '../invariant.ts';
import type { WritePool } from './write-pool.ts';

const STATE = 0;
/** Time-out of a send that was sent, next attempt of one that waits; `Infinity` for others. */
const DUE = 1;
const ATTEMPTS = 2;
const NEXT = 3;
const F = 4;

/** Of each sink: its queue, and the records it still takes. */
const HEAD = 0;
const TAIL = 1;
const CREDIT = 2;
const K = 3;

const QUEUED = 1;
const SENT = 2;
const WAITING = 3;
const DONE = 4;

/**
 * One send is one write on its way to one sink. Keeps their states, the credit of each sink, and the writes in flight: a
 * write takes one of the `inFlightMax` places from its first send until every sink has it.
 */
export class Sends {
  private readonly pool: WritePool;
  private readonly sinks: number;
  /** Columns of the sinks, and from `inFlightAt` on the writes in flight: one array, so one cache line for most. */
  private readonly table: Float64Array;
  private readonly inFlightAt: number;
  private readonly inFlightMax: number;
  private sends = new Float64Array(0);
  private readonly timeoutNs: number;
  inFlightCount = 0;
  /** No send is due before; may be early, since an answer leaves it as it is. */
  dueNs = Infinity;

  constructor(options: {
    readonly pool: WritePool;
    readonly sinks: number;
    readonly inFlightMax: number;
    readonly timeoutNs: number;
    readonly byCredit: boolean;
  }) {
    this.pool = options.pool;
    this.sinks = options.sinks;
    this.timeoutNs = options.timeoutNs;
    this.inFlightAt = options.sinks * K;
    this.inFlightMax = options.inFlightMax;
    this.table = new Float64Array(this.inFlightAt + options.inFlightMax).fill(-1);
    for (let sink = 0; sink < options.sinks; sink++) {
      this.table[sink * K + CREDIT] = options.byCredit ? 0 : Infinity;
    }
  }

  get full(): boolean {
    return this.inFlightCount === this.inFlightMax;
  }

  /** Gives the write a place and queues it for every sink. */
  begin(write: number): void {
    invariant(!this.full, 'writes in flight are bounded');
    const length = this.pool.capacity * this.sinks * F;
    if (this.sends.length < length) {
      const grown = new Float64Array(length);
      grown.set(this.sends);
      this.sends = grown;
    }
    this.table[this.inFlightAt + this.inFlightCount++] = write;
    for (let sink = 0; sink < this.sinks; sink++) {
      this.sends[(write * this.sinks + sink) * F + ATTEMPTS] = 0;
      this.enqueue(write, sink);
    }
  }

  /** The next write that may go to the sink now, or −1. It counts as sent from here on. */
  takeNext(sink: number, nowNs: number): number {
    const write = this.table[sink * K + HEAD];
    if (write < 0) return -1;
    const records = this.pool.records(write);
    if (records > this.table[sink * K + CREDIT]) return -1;
    const at = (write * this.sinks + sink) * F;
    const s = this.sends;
    this.table[sink * K + HEAD] = s[at + NEXT];
    if (s[at + NEXT] < 0) this.table[sink * K + TAIL] = -1;
    this.table[sink * K + CREDIT] -= records;
    s[at + STATE] = SENT;
    s[at + ATTEMPTS]++;
    this.setDue(at, nowNs + this.timeoutNs);
    return write;
  }

  /** See `RouterCore.foresee`. */
  foresee(): number {
    return this.table[0] + (this.sends.length > 0 ? this.sends[0] : 0) + this.dueNs;
  }

  attempts(write: number, sink: number): number {
    return this.sends[(write * this.sinks + sink) * F + ATTEMPTS];
  }

  credit(sink: number): number {
    return this.table[sink * K + CREDIT];
  }

  grant(sink: number, records: number): void {
    this.table[sink * K + CREDIT] += records;
  }

  succeeded(write: number, sink: number): void {
    const at = (write * this.sinks + sink) * F;
    invariant(this.sends[at + STATE] === SENT, 'only a write that was sent is acknowledged');
    this.sends[at + STATE] = DONE;
    this.sends[at + DUE] = Infinity;
  }

  retryAt(write: number, sink: number, atNs: number): void {
    const at = (write * this.sinks + sink) * F;
    invariant(this.sends[at + STATE] === SENT, 'only a write that was sent fails');
    this.sends[at + STATE] = WAITING;
    this.setDue(at, atNs);
  }

  /** Calls back for each send whose time-out has passed, which then has to be given a time by `retryAt`; queues those whose time has come. */
  onTime(nowNs: number, timedOut: (write: number, sink: number) => void): void {
    this.dueNs = Infinity;
    for (let i = 0; i < this.inFlightCount; i++) {
      const write = this.table[this.inFlightAt + i];
      for (let sink = 0; sink < this.sinks; sink++) {
        const at = (write * this.sinks + sink) * F;
        const due = this.sends[at + DUE];
        if (due > nowNs) {
          if (due < this.dueNs) this.dueNs = due;
        } else if (this.sends[at + STATE] === SENT) timedOut(write, sink);
        else this.enqueue(write, sink);
      }
    }
  }

  /** Every sink has the write: its place is free. */
  end(write: number): void {
    const end = this.inFlightAt + this.inFlightCount;
    let i = this.inFlightAt;
    while (i < end && this.table[i] !== write) i++;
    invariant(i < end, 'a write ends that was in flight');
    this.inFlightCount--;
    this.table[i] = this.table[end - 1];
  }

  private enqueue(write: number, sink: number): void {
    const at = (write * this.sinks + sink) * F;
    this.sends[at + STATE] = QUEUED;
    this.sends[at + DUE] = Infinity;
    this.sends[at + NEXT] = -1;
    const tail = this.table[sink * K + TAIL];
    if (tail < 0) this.table[sink * K + HEAD] = write;
    else this.sends[(tail * this.sinks + sink) * F + NEXT] = write;
    this.table[sink * K + TAIL] = write;
  }

  private setDue(at: number, ns: number): void {
    this.sends[at + DUE] = ns;
    if (ns < this.dueNs) this.dueNs = ns;
  }
}
