import { Observer, type Offer } from '../model/observer.ts';
import type { Simulation } from '../simulation.ts';

/**
 * Watches what producers hold, by counting what goes in and out: not by asking the core. Where one run is cut over
 * several batches (request fidelity) only the core knows their number, and is asked.
 */
export class BufferWatch extends Observer {
  /** Most bytes that a producer has held, overhead included. */
  memoryBytes = 0;
  /** By producer, and by batch with its producer. */
  readonly #held: number[] = [];
  readonly #batches = new Map<number, { readonly producer: number; bytes: number }>();
  #simulation: Simulation | null = null;

  /** The simulation that it observes; before the first record is offered. */
  attach(simulation: Simulation): void {
    this.#simulation = simulation;
  }

  protected get simulation(): Simulation {
    return this.#simulation!;
  }

  override offered({ stream, admitted, batch, bytesEach }: Offer): void {
    if (admitted === 0) return;
    const { producers, plan, scenario } = this.simulation;
    const producer = plan.streamProducer[stream]!;
    let bytes: number;
    if (scenario.fidelity === 'record') {
      const { overheadBytesPerRecord, overheadBytesPerBatch } = producers.core.config;
      const held = this.#batches.get(batch) ?? { producer, bytes: 0 };
      const more = admitted * (bytesEach + overheadBytesPerRecord) + (held.bytes === 0 ? overheadBytesPerBatch : 0);
      this.#batches.set(batch, held);
      held.bytes += more;
      bytes = (this.#held[producer] ?? 0) + more;
      this.#held[producer] = bytes;
    } else bytes = producers.core.bufferedBytes(producer);
    if (bytes > this.memoryBytes) this.memoryBytes = bytes;
  }

  override dropped(_stream: number, _n: number, _cause: number, batch: number, _nowNs: number): void {
    this.#leave(batch);
  }

  override ended(batch: number, _fate: number, _nowNs: number): void {
    this.#leave(batch);
  }

  #leave(batch: number): void {
    const held = this.#batches.get(batch);
    if (held === undefined) return;
    this.#held[held.producer]! -= held.bytes;
    this.#batches.delete(batch);
  }
}
