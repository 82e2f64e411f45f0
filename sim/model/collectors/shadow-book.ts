/** What became of every record in the new pipeline, up to one sink, told by the doors of the world. For record fidelity. */
import { FATE_UNKNOWN } from '../../../src/producer/outcome.ts';
import { DROP_CAUSES } from '../../../src/record.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { RouteLossCause } from '../fleet/route-books.ts';
import { Observer, type Offer, type RouteRange } from '../observer.ts';

/** A record from its offer on. */
interface ShadowRecord {
  arrivals: number;
  /** What took it, as far as is known; copies elsewhere may still arrive. */
  cause: string | null;
  /** In a log that has not lost it. */
  stands: boolean;
  /** Its producer is done with it. */
  ended: boolean;
}

export class ShadowBook extends Observer {
  /** By stream, in order of ordinals. */
  readonly records: ShadowRecord[][];
  readonly #sink: number;
  readonly #batches: ShadowRecord[][] = [];
  /** By partition: the record at each offset. */
  readonly #logs = new Map<number, Map<number, ShadowRecord>>();
  /** Why the record that is offered next was not admitted. */
  #refused: string | null = null;

  constructor(options: { readonly streams: number; readonly sink: number }) {
    super();
    this.records = Array.from({ length: options.streams }, () => []);
    this.#sink = options.sink;
  }

  /** For the sink that a migration compares by. */
  static of({ sinks, migration }: Scenario, streams: number): ShadowBook {
    return new ShadowBook({ streams, sink: sinks.findIndex(({ name }) => name === migration!.sink) });
  }

  override offered({ stream, admitted, batch }: Offer): void {
    const record: ShadowRecord = { arrivals: 0, cause: this.#refused, stands: false, ended: admitted === 0 };
    this.#refused = null;
    this.records[stream]!.push(record);
    if (admitted === 0) return;
    this.#batches[batch] ??= [];
    this.#batches[batch].push(record);
  }

  override dropped(_stream: number, _n: number, cause: number, batch: number): void {
    if (batch === -1) this.#refused = DROP_CAUSES[cause]!;
    for (const record of this.#batches[batch] ?? []) {
      record.cause = DROP_CAUSES[cause]!;
      record.ended = true;
    }
  }

  override ended(batch: number, fate: number): void {
    for (const record of this.#batches[batch]!) {
      record.ended = true;
      if (fate === FATE_UNKNOWN) record.cause ??= 'unknown';
    }
  }

  override freed(batch: number): void {
    this.#batches[batch] = [];
  }

  override appended(batch: number, partition: number, base: number): void {
    let log = this.#logs.get(partition);
    if (log === undefined) {
      log = new Map();
      this.#logs.set(partition, log);
    }
    this.#batches[batch]!.forEach((record, i) => {
      record.stands = true;
      log.set(base + i, record);
    });
  }

  /** What a router has fetched of it may still arrive. */
  override truncated(partition: number, from: number, to: number): void {
    this.#each(partition, from, to, (record) => {
      record.stands = false;
      record.cause = 'leader-lost';
    });
  }

  override delivered({ sink, partition, from, to }: RouteRange): void {
    if (sink === this.#sink) this.#each(partition, from, to, (record) => record.arrivals++);
  }

  override lost({ sink, partition, from, to }: RouteRange, _nowNs: number, cause: RouteLossCause): void {
    if (sink !== this.#sink) return;
    this.#each(partition, from, to, (record) => {
      record.stands = false;
      record.cause = cause;
    });
  }

  #each(partition: number, from: number, to: number, act: (record: ShadowRecord) => void): void {
    const log = this.#logs.get(partition);
    if (log === undefined) return;
    for (let offset = from; offset < to; offset++) {
      const record = log.get(offset);
      if (record !== undefined) act(record);
    }
  }
}

/** It arrived, it is on its way, or what took it. */
export function shadowFateOf({ arrivals, cause, stands, ended }: ShadowRecord): string {
  if (arrivals > 0) return 'delivered';
  if (stands || !ended || cause === null) return 'in-flight';
  return cause;
}
