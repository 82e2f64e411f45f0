import type { EventEmitter } from 'eventemitter3';
import { CLASSES, DROP_CAUSES, type DropCause, type ServiceClass } from '../record.ts';
import type { Fate, RequestOutcome } from './measures.ts';
import type { PressureNews } from './pressure.ts';

export interface DropNews {
  readonly topic: string;
  readonly class: ServiceClass;
  readonly cause: DropCause;
  readonly records: number;
}

export interface SettledNews {
  readonly topic: string;
  readonly class: ServiceClass;
  readonly records: number;
}

export interface ConnectedNews {
  readonly cluster: string;
}

export interface DisconnectedNews extends ConnectedNews {
  readonly cause: unknown;
}

/** Topics whose records go to another cluster from now on, those that wait included. */
export interface FailoverNews {
  readonly topics: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** A call of the client that has been settled. */
export interface RequestNews {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  /** Payload × `compressionRatio`. */
  readonly bytes: number;
  /** Calls before that tried to write the same batch. */
  readonly attempts: number;
  readonly outcome: RequestOutcome;
  readonly latencyNs: number;
}

/** A batch whose fate is known: delivered, given up, or dropped after it was admitted. */
export interface BatchNews {
  readonly topic: string;
  readonly class: ServiceClass;
  readonly records: number;
  readonly fate: Fate;
  /** From its first record until now. */
  readonly ageNs: number;
}

/** Told in turns of the event loop, never from inside `send`; what happened since the last turn is summed up. */
export interface ProducerEvents {
  drop: (news: DropNews) => void;
  delivered: (news: SettledNews) => void;
  /** Given up without an answer: may be in a log or not. */
  unknown: (news: SettledNews) => void;
  /** On disk, to be sent later. Told once for each time that a record comes to the disk. */
  spilled: (news: SettledNews) => void;
  /** The disk of the spill has failed, is full or is held by another process. The producer goes on without it, and tries again. */
  spillTrouble: (cause: unknown) => void;
  /** So that the application can spill, sample or wait (T16 wanted it). `Producer.pressure` says it at any time. */
  backpressure: (news: PressureNews) => void;
  /** Each call, for telemetry and traces: costs nothing while nobody listens. */
  request: (news: RequestNews) => void;
  /** Each batch, likewise. */
  batch: (news: BatchNews) => void;
  connected: (news: ConnectedNews) => void;
  /** Also when the first attempt to connect fails. */
  disconnected: (news: DisconnectedNews) => void;
  /** `Producer.route` has moved topics. */
  failover: (news: FailoverNews) => void;
  /** A listener or a callback of yours threw. */
  error: (cause: unknown) => void;
}

const DELIVERED = DROP_CAUSES.length;
const UNKNOWN = DELIVERED + 1;
const SPILLED = UNKNOWN + 1;
const WIDTH = SPILLED + 1;
/** Of a disk that fails again and again, between two turns. */
const TROUBLES_MAX = 10;

interface Row {
  readonly topic: string;
  readonly class: ServiceClass;
  /** Records by cause of drop, delivered, unknown, spilled, since the last turn. */
  readonly counts: Float64Array;
  dirty: boolean;
}

/** Sums up what happened until somebody listens: memory follows the streams, not the events. */
export class News {
  readonly #emitter: EventEmitter<ProducerEvents>;
  readonly #rows: Row[] = [];
  #dirty: Row[] = [];
  #pressure: PressureNews | null = null;
  #pressureTold = false;
  /** What is told one by one, in order. */
  #single: (() => void)[] = [];
  #troubles: unknown[] = [];

  constructor(emitter: EventEmitter<ProducerEvents>) {
    this.#emitter = emitter;
    this.addRow('', CLASSES.indexOf('normal'));
  }

  get pending(): boolean {
    return this.#dirty.length > 0 || this.#pressure !== null || this.#single.length > 0 || this.#troubles.length > 0;
  }

  addRow(topic: string, serviceClass: number): void {
    this.#rows.push({ topic, class: CLASSES[serviceClass], counts: new Float64Array(WIDTH), dirty: false });
  }

  dropped(row: number, records: number, cause: number): void {
    this.#add(row, records, cause);
  }

  ended(row: number, records: number, delivered: boolean): void {
    this.#add(row, records, delivered ? DELIVERED : UNKNOWN);
  }

  spilled(row: number, records: number): void {
    this.#add(row, records, SPILLED);
  }

  trouble(cause: unknown): void {
    if (this.#troubles.length < TROUBLES_MAX) this.#troubles.push(cause);
  }

  /** Back-pressure has begun or is over; what is undone before it is told is no news. */
  pressure(news: PressureNews): void {
    this.#pressure = news.high === this.#pressureTold ? null : news;
  }

  connected(cluster: string): void {
    this.#single.push(() => this.#emitter.emit('connected', { cluster }));
  }

  disconnected(news: DisconnectedNews): void {
    this.#single.push(() => this.#emitter.emit('disconnected', news));
  }

  failover(news: FailoverNews): void {
    this.#single.push(() => this.#emitter.emit('failover', news));
  }

  request(news: RequestNews): void {
    if (this.#emitter.listenerCount('request') > 0) this.#single.push(() => this.#emitter.emit('request', news));
  }

  /** `row` says whose it is. */
  batch(row: number, { records, fate, ageNs }: Pick<BatchNews, 'records' | 'fate' | 'ageNs'>): void {
    if (this.#emitter.listenerCount('batch') === 0) return;
    const { topic, class: serviceClass } = this.#rows[row];
    const news = { topic, class: serviceClass, records, fate, ageNs };
    this.#single.push(() => this.#emitter.emit('batch', news));
  }

  /** Emits what there is. What listeners cause waits for the next turn. */
  tell(): void {
    if (!this.pending) return;
    const single = this.#single;
    const pressure = this.#pressure;
    const dirty = this.#dirty;
    this.#single = [];
    this.#pressure = null;
    this.#dirty = [];
    for (const emit of single) this.safely(emit);
    for (const cause of this.#troubles.splice(0)) this.safely(() => this.#emitter.emit('spillTrouble', cause));
    if (pressure !== null) {
      this.#pressureTold = pressure.high;
      this.safely(() => this.#emitter.emit('backpressure', pressure));
    }
    for (const row of dirty) {
      row.dirty = false;
      const counts = row.counts.slice();
      row.counts.fill(0);
      for (let i = 0; i < WIDTH; i++) if (counts[i] > 0) this.safely(() => this.#emit(row, i, counts[i]));
    }
  }

  #add(at: number, records: number, column: number): void {
    const row = this.#rows[at];
    row.counts[column] += records;
    if (!row.dirty) {
      row.dirty = true;
      this.#dirty.push(row);
    }
  }

  #emit(row: Row, column: number, records: number): void {
    const about = { topic: row.topic, class: row.class, records };
    if (column === DELIVERED) this.#emitter.emit('delivered', about);
    else if (column === UNKNOWN) this.#emitter.emit('unknown', about);
    else if (column === SPILLED) this.#emitter.emit('spilled', about);
    else this.#emitter.emit('drop', { ...about, cause: DROP_CAUSES[column] });
  }

  /** Calls code of the application: what throws must not take the pipeline with it. Nobody listening to `error`: a warning of the process. */
  safely(call: () => void): void {
    try {
      call();
    } catch (cause) {
      try {
        if (this.#emitter.emit('error', cause)) return;
      } catch {}
      process.emitWarning(`a listener or callback of a spillway producer threw: ${String(cause)}`, 'SpillwayWarning');
    }
  }
}
