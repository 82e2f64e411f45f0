import type { EventEmitter } from 'eventemitter3';
import { CLASSES, DROP_CAUSES, type DropCause, type ServiceClass } from '../record.ts';

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

export interface PressureNews {
  /** True when the buffer has become four fifths full, false when it is half empty again. */
  readonly high: boolean;
  readonly bufferedBytes: number;
  readonly bufferedRecords: number;
}

/** Told in turns of the event loop, never from inside `send`; what happened since the last turn is summed up. */
export interface ProducerEvents {
  drop: (news: DropNews) => void;
  delivered: (news: SettledNews) => void;
  /** Given up without an answer: may be in a log or not. */
  unknown: (news: SettledNews) => void;
  /** So that the application can spill, sample or wait (T16 wanted it). */
  backpressure: (news: PressureNews) => void;
  connected: () => void;
  /** Also when the first attempt to connect fails. */
  disconnected: (cause: unknown) => void;
  /** A listener of yours threw. */
  error: (cause: unknown) => void;
}

const DELIVERED = DROP_CAUSES.length;
const UNKNOWN = DELIVERED + 1;
const WIDTH = UNKNOWN + 1;
/** Guesses, apart so that the signal does not flutter. */
const HIGH = 0.8;
const LOW = 0.5;

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
  readonly #bufferBytesMax: number;
  readonly #bufferRecordsMax: number;
  readonly #rows: Row[] = [];
  #dirty: Row[] = [];
  #high = false;
  #pressure: PressureNews | null = null;
  #connection: (() => void)[] = [];

  constructor(
    emitter: EventEmitter<ProducerEvents>,
    { bufferBytesMax, bufferRecordsMax }: { bufferBytesMax: number; bufferRecordsMax: number },
  ) {
    this.#emitter = emitter;
    this.#bufferBytesMax = bufferBytesMax;
    this.#bufferRecordsMax = bufferRecordsMax;
    this.addRow('', CLASSES.indexOf('normal'));
  }

  get pending(): boolean {
    return this.#dirty.length > 0 || this.#pressure !== null || this.#connection.length > 0;
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

  /** How full the buffer is now. Positional: called for every record. */
  pressure(bufferedBytes: number, bufferedRecords: number): void {
    const share = this.#high ? LOW : HIGH;
    const above = bufferedBytes > share * this.#bufferBytesMax || bufferedRecords > share * this.#bufferRecordsMax;
    if (above === this.#high) return;
    this.#high = above;
    this.#pressure = { high: above, bufferedBytes, bufferedRecords };
  }

  connected(): void {
    this.#connection.push(() => this.#emitter.emit('connected'));
  }

  disconnected(cause: unknown): void {
    this.#connection.push(() => this.#emitter.emit('disconnected', cause));
  }

  /** Emits what there is. What listeners cause waits for the next turn. */
  tell(): void {
    if (!this.pending) return;
    const connection = this.#connection;
    const pressure = this.#pressure;
    const dirty = this.#dirty;
    this.#connection = [];
    this.#pressure = null;
    this.#dirty = [];
    for (const emit of connection) this.#safely(emit);
    if (pressure !== null) this.#safely(() => this.#emitter.emit('backpressure', pressure));
    for (const row of dirty) {
      row.dirty = false;
      const counts = row.counts.slice();
      row.counts.fill(0);
      for (let i = 0; i < WIDTH; i++) if (counts[i] > 0) this.#safely(() => this.#emit(row, i, counts[i]));
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

  /** A listener that throws must not take the pipeline with it. Nobody listening to `error`: a warning of the process. */
  #safely(emit: () => void): void {
    try {
      emit();
    } catch (cause) {
      try {
        if (this.#emitter.emit('error', cause)) return;
      } catch {}
      process.emitWarning(`a listener of a spillway producer threw: ${String(cause)}`, 'SpillwayWarning');
    }
  }
}
