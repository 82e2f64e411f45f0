/**
 * Reads what appends will read, and changes nothing: logs and brokers by the thousand fall out of the processor's cache.
 * A block is read in step, so that waits for memory overlap: no read needs the one just before it.
 */
import type { BrokerTable } from './broker.ts';
import { ENTRY } from './entry-ring.ts';
import type { PartitionLog } from './log.ts';
import type { LogArena } from './log-arena.ts';
import { REPLICAS_MAX, type Topology } from './topology.ts';

const { HEAD, HEADER, MASK, SIZE, STRIDE } = ENTRY;
/** V8 reads imported constants from memory each time, and folds those of the module. */
const COPIES_MAX = REPLICAS_MAX;

export class LogReadAhead {
  /** What was read: means nothing, but what is read has to go somewhere. */
  read = 0;
  readonly #logs: readonly PartitionLog[];
  readonly #arena: LogArena;
  readonly #topology: Topology;
  readonly #brokers: BrokerTable;
  #bases = new Int32Array(64);
  #replicas = new Int32Array(64);

  constructor(options: {
    readonly logs: readonly PartitionLog[];
    readonly arena: LogArena;
    readonly topology: Topology;
    readonly brokers: BrokerTable;
  }) {
    this.#logs = options.logs;
    this.#arena = options.arena;
    this.#topology = options.topology;
    this.#brokers = options.brokers;
  }

  appends(partitions: Int32Array, count: number): void {
    if (count > this.#bases.length) {
      this.#bases = new Int32Array(2 * count);
      this.#replicas = new Int32Array(2 * count);
    }
    const bases = this.#bases;
    const logs = this.#logs;
    for (let i = 0; i < count; i++) bases[i] = logs[partitions[i]].header;
    const { replicas } = this.#topology;
    const brokers = this.#replicas;
    let read = 0;
    for (let copy = 0; copy < COPIES_MAX; copy++) {
      let led = 0;
      for (let i = 0; i < count; i++) {
        const broker = replicas[partitions[i] * COPIES_MAX + copy];
        if (broker >= 0) brokers[led++] = broker;
      }
      if (led === 0) break;
      read += this.#brokers.foresee(brokers, led, copy > 0);
    }
    const { doubles } = this.#arena;
    for (let i = 0; i < count; i++) {
      const base = bases[i];
      bases[i] = base + HEADER + ((doubles[base + HEAD] + doubles[base + SIZE]) & doubles[base + MASK]) * STRIDE;
    }
    for (let i = 0; i < count; i++) read += doubles[bases[i]] + doubles[bases[i] + STRIDE - 1];
    this.read += read;
  }
}
