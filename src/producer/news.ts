import type { EventEmitter } from 'eventemitter3';
import { CLASSES, DROP_CAUSES, type DropCause, type ServiceClass } from '../record.ts';
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

/** Told in turns of the event loop, never from inside `send`; what happened since the last turn is summed up. */
export interface ProducerEvents {
  drop: (news: DropNews) => void;
  delivered: (news: SettledNews) => void;
  /** Given up without an answer: may be in a log or not. */
  unknown: (news: SettledNews) => void;
  /** So that the application can spill, sample or wait (T16 wanted it). `Producer.pressure` says it at any time. */
  backpressure: (news: PressureNews) => void;
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
const WIDTH = UNKNOWN + 1;
interface Row {
  readonly topic: string;
  readonly class: ServiceClass;
  /** Records by cause of drop, delivered, unknown, since the last turn. */
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
  #cluster: (() => void)[] = [];

  constructor(emitter: EventEmitter<ProducerEvents>) {
    this.#emitter = emitter;
    this.addRow('', CLASSES.indexOf('normal'));
  }

  get pending(): boolean {
    return this.#dirty.length > 0 || this.#pressure !== null || this.#cluster.length > 0;
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

  /** Back-pressure has begun or is over; what is undone before it is told is no news. */
  pressure(news: PressureNews): void {
    this.#pressure = news.high === this.#pressureTold ? null : news;
  }

  connected(cluster: string): void {
    this.#cluster.push(() => this.#emitter.emit('connected', { cluster }));
  }

  disconnected(news: DisconnectedNews): void {
    this.#cluster.push(() => this.#emitter.emit('disconnected', news));
  }

  failover(news: FailoverNews): void {
    this.#cluster.push(() => this.#emitter.emit('failover', news));
  }

  /** Emits what there is. What listeners cause waits for the next turn. */
  tell(): void {
    if (!this.pending) return;
    const cluster = this.#cluster;
    const pressure = this.#pressure;
    const dirty = this.#dirty;
    this.#cluster = [];
    this.#pressure = null;
    this.#dirty = [];
    for (const emit of cluster) this.safely(emit);
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
