import { Digest } from './digest.ts';
import { type Foreseer, Foresight } from './foresight.ts';
import { hashString } from './hash.ts';
import { InvariantError } from './invariant.ts';
import { type EventPool, NONE } from './pool.ts';
import { EventQueue } from './queue.ts';
import { RandomStream } from './random.ts';

const KINDS_MAX = 31;
const TWO_POW_MINUS_32 = 1 / 4294967296;
/** 2^53: where integers in floating point end. */
const TIME_MAX_NS = 9007199254740992;
const MASK_24 = 0xffffff;
/** Cancelled events that are not worth a sweep. */
const SWEEP_MIN = 4096;

/** Told of an event: the entity it is for and the number that was scheduled with it. */
export type Handler = (entity: number, data: number) => void;

export interface EngineOptions {
  /** Seed of all random streams, taken mod 2^32. Default 1. */
  readonly seed?: number;
  /** Events expected to be pending at once; only saves growing. Default 1024. */
  readonly pendingHint?: number;
}

/**
 * A virtual clock and what is to happen on it.
 *
 * Time is integer nanoseconds from 0, exact up to 2^53 (104 days), and never goes back. Events at one time are processed
 * by kind (in order of registration), then entity, then ordinal, then data: a structural order, so that one more event
 * somewhere reorders nobody else. An event scheduled for now by a handler comes after the one being processed, among
 * those still pending in the same order. Throws `InvariantError` when the caller breaks a rule stated here.
 */
export class Engine {
  /** Seed of all random streams, as an unsigned 32-bit integer. */
  readonly seed: number;
  private now = 0;
  private processed = 0;
  private stopped = false;
  private readonly queue: EventQueue;
  private readonly pool: EventPool;
  private readonly handlers: Handler[] = [];
  private readonly kindNames: string[] = [];
  private readonly streams = new Map<string, RandomStream>();
  private readonly rolling = new Digest();

  constructor(options: EngineOptions = {}) {
    this.seed = (options.seed ?? 1) >>> 0;
    this.queue = new EventQueue(options.pendingHint ?? 1024);
    this.pool = this.queue.pool;
  }

  /** Virtual time, integer ns. */
  get nowNs(): number {
    return this.now;
  }

  get eventsProcessed(): number {
    return this.processed;
  }

  /** Events that will still be processed; cancelled ones don't count. */
  get pending(): number {
    return this.queue.size - this.pool.cancelledCount;
  }

  /**
   * Registers a kind of event; of two events at one time, that of the kind registered earlier comes first. At most 31
   * kinds.
   *
   * `foresee`, if given, is told of most events of the kind shortly before their turn, dozens at a time, and may only read:
   * memory that it reads then is in cache when the handler wants it. Worth it when entities are so many that they fall out
   * of it, and if it reads for all events in step: see `Foresight`.
   */
  kind(name: string, handler: Handler, foresee?: Foreseer): number {
    if (this.handlers.length === KINDS_MAX)
      throw new InvariantError(`kind ${name}: at most ${KINDS_MAX} kinds of event`);
    if (this.kindNames.includes(name)) throw new InvariantError(`kind ${name} is registered already`);
    this.handlers.push(handler);
    this.kindNames.push(name);
    if (foresee !== undefined) {
      this.queue.foresight ??= new Foresight();
      this.queue.foresight.watch(this.handlers.length - 1, foresee);
    }
    return this.handlers.length - 1;
  }

  /**
   * Schedules an event that can't be cancelled. Positional, as it runs once or twice per event.
   *
   * `atNs` is an integer ≥ now; `entity` is below 2^24; `ordinal`, the entity's own count, is taken mod 2^24;
   * `data` is a signed 32-bit integer.
   */
  schedule(atNs: number, kind: number, entity: number, ordinal: number, data: number): void {
    if (!(atNs >= this.now && atNs <= TIME_MAX_NS && kind >>> 0 < this.handlers.length && entity >>> 0 <= MASK_24))
      this.refuse(atNs, kind, entity);
    this.queue.push(atNs, (kind << 24) | entity, ordinal & MASK_24, data | 0);
  }

  /** Like `schedule`, and returns a handle for `cancel`: a positive integer, never given twice. */
  timer(atNs: number, kind: number, entity: number, ordinal: number, data: number): number {
    if (!(atNs >= this.now && atNs <= TIME_MAX_NS && kind >>> 0 < this.handlers.length && entity >>> 0 <= MASK_24))
      this.refuse(atNs, kind, entity);
    const event = this.queue.push(atNs, (kind << 24) | entity, ordinal & MASK_24, data | 0);
    return this.pool.arm(event);
  }

  /** Takes a timer back: false if it has fired or was cancelled before. */
  cancel(handle: number): boolean {
    if (!this.pool.cancel(handle)) return false;
    // Sweeping when most are dead keeps memory in proportion to what is live, at O(1) a cancellation.
    const { cancelledCount } = this.pool;
    if (cancelledCount > SWEEP_MIN && 2 * cancelledCount > this.queue.size) this.queue.rebuild(this.now);
    return true;
  }

  /**
   * Processes every event up to and including `untilNs`, then sets the clock to `untilNs`. Returns how many.
   *
   * With a `budget` it ends after that many events, and with `stop` after the current one; the clock then stays at the
   * last event, and a further call carries on.
   */
  runUntil(untilNs: number, budget = Number.POSITIVE_INFINITY): number {
    if (!(untilNs >= this.now)) throw new InvariantError(`time goes back: now ${this.now} ns, run until ${untilNs} ns`);
    const { queue, pool } = this;
    const before = this.processed;
    const last = before + budget;
    this.stopped = false;
    while (this.processed < last) {
      const event = queue.head();
      if (event === NONE || pool.timeNs(event) > untilNs) {
        if (untilNs !== Number.POSITIVE_INFINITY) this.now = untilNs;
        break;
      }
      this.process(event);
      if (this.stopped) break;
    }
    return this.processed - before;
  }

  /** Processes the next event: false if there is none. */
  step(): boolean {
    const event = this.liveHead();
    if (event !== NONE) this.process(event);
    return event !== NONE;
  }

  /** Time of the next event, ns; Infinity if there is none. */
  peekNs(): number {
    const head = this.liveHead();
    return head === NONE ? Number.POSITIVE_INFINITY : this.pool.timeNs(head);
  }

  /** Ends the current `runUntil` after the event being processed. */
  stop(): void {
    this.stopped = true;
  }

  /** Rolling hash of all events processed, in order: 16 hexadecimal digits. */
  digest(): string {
    return this.rolling.hex();
  }

  /** The random stream of this name: the same object at each call, seeded by (seed, name) alone. */
  stream(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(this.seed, name);
      this.streams.set(name, stream);
    }
    return stream;
  }

  /** Hash of the position of every stream, whatever order they were made in; draws nothing. 16 hexadecimal digits. */
  streamsDigest(): string {
    const names = [...this.streams.keys()].sort();
    const digest = new Digest();
    for (const name of names) {
      const [a, b, c, d] = this.streams.get(name)!.position();
      digest.add(a, b, c, d, hashString(name));
    }
    return digest.hex();
  }

  private process(event: number): void {
    const { pool } = this;
    const timeNs = pool.timeNs(event);
    const rank = pool.rank(event);
    const ordinal = pool.ordinal(event);
    const data = pool.data(event);
    if (!this.queue.drop(event)) return;
    if (timeNs < this.now) throw new InvariantError(`time goes back: now ${this.now} ns, next event ${timeNs} ns`);
    this.now = timeNs;
    this.processed++;
    this.rolling.add(timeNs | 0, (timeNs * TWO_POW_MINUS_32) | 0, rank, ordinal, data);
    this.handlers[rank >>> 24](rank & MASK_24, data);
  }

  /** The next event that was not cancelled, or NONE. */
  private liveHead(): number {
    const { queue, pool } = this;
    for (;;) {
      const event = queue.head();
      if (event === NONE || !pool.isCancelled(event)) return event;
      queue.drop(event);
    }
  }

  private refuse(atNs: number, kind: number, entity: number): never {
    if (!(atNs >= this.now)) throw new InvariantError(`time goes back: now ${this.now} ns, scheduled for ${atNs} ns`);
    if (atNs > TIME_MAX_NS) throw new InvariantError(`scheduled for ${atNs} ns, beyond 2^53`);
    if (!(kind >>> 0 < this.handlers.length))
      throw new InvariantError(`event of kind ${kind}, which is not registered`);
    throw new InvariantError(`entity ${entity}, expected an integer from 0 to ${MASK_24}`);
  }
}
