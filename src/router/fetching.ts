import { invariant } from '../invariant.ts';
import type { BackpressurePolicy } from './policy.ts';

const FREE = 0;
const ASKED = 1;
const PAUSED = 2;
const BACKING_OFF = 3;

/** Which slots fetch, wait for room or back off, and how many bytes are held or asked for. One fetch a slot at a time. */
export class Fetching {
  private readonly policy: BackpressurePolicy;
  private readonly fetchBytesMax: number;
  private readonly states: Uint8Array;
  private readonly attempts: Uint32Array;
  private readonly dues: Float64Array;
  /** Ring of slots that wait for room, first come, first served, so that none starves. */
  private readonly waiting: Int32Array;
  private waitingFirst = 0;
  private waitingCount = 0;
  private backingOff = 0;
  asked = 0;
  heldBytes = 0;
  dueNs = Infinity;

  constructor(options: {
    readonly policy: BackpressurePolicy;
    readonly fetchBytesMax: number;
    readonly slots: number;
  }) {
    this.policy = options.policy;
    this.fetchBytesMax = options.fetchBytesMax;
    this.states = new Uint8Array(options.slots);
    this.attempts = new Uint32Array(options.slots);
    this.dues = new Float64Array(options.slots);
    this.waiting = new Int32Array(options.slots);
  }

  isAsked(slot: number): boolean {
    return this.states[slot] === ASKED;
  }
  isFree(slot: number): boolean {
    return this.states[slot] === FREE;
  }

  /** True when slots wait for room and nothing that is under way will make any. */
  get starved(): boolean {
    return this.waitingCount > 0 && this.asked === 0;
  }

  /** Takes room for one fetch, or puts the slot in the queue for it. Answers whether the fetch may go. */
  ask(slot: number): boolean {
    invariant(this.states[slot] === FREE, 'one fetch of a slot at a time');
    if (this.waitingCount === 0 && this.hasRoom()) {
      this.states[slot] = ASKED;
      this.asked++;
      return true;
    }
    this.states[slot] = PAUSED;
    const length = this.waiting.length;
    this.waiting[(this.waitingFirst + this.waitingCount++) % length] = slot;
    return false;
  }

  /** The slot whose turn it is to fetch, now that there may be room, or −1. */
  takeWaiting(): number {
    if (this.waitingCount === 0 || !this.hasRoom()) return -1;
    const slot = this.waiting[this.waitingFirst];
    this.waitingFirst = (this.waitingFirst + 1) % this.waiting.length;
    this.waitingCount--;
    this.states[slot] = ASKED;
    this.asked++;
    return slot;
  }

  answered(slot: number): void {
    invariant(this.states[slot] === ASKED, 'only a fetch that was asked is answered');
    this.states[slot] = FREE;
    this.asked--;
    this.attempts[slot] = 0;
  }

  /** Answers how many fetches of the slot have failed in a row. */
  failed(slot: number): number {
    const attempts = this.attempts[slot] + 1;
    this.answered(slot);
    this.attempts[slot] = attempts;
    return attempts;
  }

  backOff(slot: number, untilNs: number): void {
    this.states[slot] = BACKING_OFF;
    this.dues[slot] = untilNs;
    this.backingOff++;
    if (untilNs < this.dueNs) this.dueNs = untilNs;
  }

  onTime(nowNs: number, due: (slot: number) => void): void {
    this.dueNs = Infinity;
    if (this.backingOff === 0) return;
    for (let slot = 0; slot < this.states.length; slot++) {
      if (this.states[slot] !== BACKING_OFF) continue;
      if (this.dues[slot] <= nowNs) {
        this.states[slot] = FREE;
        this.backingOff--;
        due(slot);
      } else if (this.dues[slot] < this.dueNs) this.dueNs = this.dues[slot];
    }
  }

  /** Forgets the slot, whatever it was doing. */
  drop(slot: number): void {
    const state = this.states[slot];
    this.states[slot] = FREE;
    this.attempts[slot] = 0;
    if (state === ASKED) this.asked--;
    else if (state === BACKING_OFF) this.backingOff--;
    else if (state === PAUSED) {
      let kept = 0;
      const length = this.waiting.length;
      for (let i = 0; i < this.waitingCount; i++) {
        const other = this.waiting[(this.waitingFirst + i) % length];
        if (other !== slot) this.waiting[(this.waitingFirst + kept++) % length] = other;
      }
      this.waitingCount = kept;
    }
  }

  private hasRoom(): boolean {
    if (this.heldBytes === 0 && this.asked === 0) return true;
    return this.policy.mayFetch(this.heldBytes, this.asked * this.fetchBytesMax, this.fetchBytesMax);
  }
}
