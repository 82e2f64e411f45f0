import { invariant } from '../invariant.ts';
import type { BackpressurePolicy } from './policy.ts';

const STATE = 0;
/** Fetches that failed in a row. */
const ATTEMPTS = 1;
const DUE = 2;
/** Element i of the ring of slots that wait for room, first come, first served, so that none starves. */
const WAITING = 3;
const S = 4;

const FREE = 0;
const ASKED = 1;
const PAUSED = 2;
const BACKING_OFF = 3;

/** Which slots fetch, wait for room or back off, and how many bytes are held or asked for. One fetch a slot at a time. */
export class Fetching {
  private readonly policy: BackpressurePolicy;
  private readonly fetchBytesMax: number;
  /** All columns of a slot side by side: a fleet of cores is bound by cache misses. */
  private readonly slots: Float64Array;
  private readonly slotCount: number;
  private waitingFirst = 0;
  private waitingCount = 0;
  asked = 0;
  heldBytes = 0;
  /** No slot that backs off is due before; may be early, since a slot that is dropped leaves it as it is. */
  dueNs = Infinity;

  constructor(options: {
    readonly policy: BackpressurePolicy;
    readonly fetchBytesMax: number;
    readonly slots: number;
  }) {
    this.policy = options.policy;
    this.fetchBytesMax = options.fetchBytesMax;
    this.slotCount = options.slots;
    this.slots = new Float64Array(options.slots * S);
  }

  /** True when slots wait for room and nothing that is under way will make any. */
  get starved(): boolean {
    return this.waitingCount > 0 && this.asked === 0;
  }

  /** Takes room for one fetch, or puts the slot in the queue for it. Answers whether the fetch may go. */
  ask(slot: number): boolean {
    invariant(this.slots[slot * S + STATE] === FREE, 'one fetch of a slot at a time');
    if (this.waitingCount === 0 && this.hasRoom()) {
      this.slots[slot * S + STATE] = ASKED;
      this.asked++;
      return true;
    }
    this.slots[slot * S + STATE] = PAUSED;
    const length = this.slotCount;
    this.slots[((this.waitingFirst + this.waitingCount++) % length) * S + WAITING] = slot;
    return false;
  }

  /** The slot whose turn it is to fetch, now that there may be room, or −1. */
  takeWaiting(): number {
    if (this.waitingCount === 0 || !this.hasRoom()) return -1;
    const slot = this.slots[this.waitingFirst * S + WAITING];
    this.waitingFirst = (this.waitingFirst + 1) % this.slotCount;
    this.waitingCount--;
    this.slots[slot * S + STATE] = ASKED;
    this.asked++;
    return slot;
  }

  answered(slot: number): void {
    const at = slot * S;
    invariant(this.slots[at + STATE] === ASKED, 'only a fetch that was asked is answered');
    this.slots[at + STATE] = FREE;
    this.slots[at + ATTEMPTS] = 0;
    this.asked--;
  }

  /** Answers how many fetches of the slot have failed in a row. */
  failed(slot: number): number {
    const attempts = this.slots[slot * S + ATTEMPTS] + 1;
    this.answered(slot);
    this.slots[slot * S + ATTEMPTS] = attempts;
    return attempts;
  }

  backOff(slot: number, untilNs: number): void {
    const at = slot * S;
    this.slots[at + STATE] = BACKING_OFF;
    this.slots[at + DUE] = untilNs;
    if (untilNs < this.dueNs) this.dueNs = untilNs;
  }

  onTime(nowNs: number, due: (slot: number) => void): void {
    this.dueNs = Infinity;
    for (let slot = 0; slot < this.slotCount; slot++) {
      const at = slot * S;
      if (this.slots[at + STATE] !== BACKING_OFF) continue;
      const dueNs = this.slots[at + DUE];
      if (dueNs <= nowNs) {
        this.slots[at + STATE] = FREE;
        due(slot);
      } else if (dueNs < this.dueNs) this.dueNs = dueNs;
    }
  }

  /** See `RouterCore.foresee`. */
  foresee(): number {
    return this.slots[0] + this.heldBytes;
  }

  /** Forgets the slot, whatever it was doing. */
  drop(slot: number): void {
    const at = slot * S;
    const state = this.slots[at + STATE];
    this.slots[at + STATE] = FREE;
    this.slots[at + ATTEMPTS] = 0;
    if (state === ASKED) this.asked--;
    else if (state === PAUSED) {
      let kept = 0;
      const length = this.slotCount;
      for (let i = 0; i < this.waitingCount; i++) {
        const other = this.slots[((this.waitingFirst + i) % length) * S + WAITING];
        if (other !== slot) this.slots[((this.waitingFirst + kept++) % length) * S + WAITING] = other;
      }
      this.waitingCount = kept;
    }
  }

  private hasRoom(): boolean {
    if (this.heldBytes === 0 && this.asked === 0) return true;
    return this.policy.mayFetch(this.heldBytes, this.asked * this.fetchBytesMax, this.fetchBytesMax);
  }
}
