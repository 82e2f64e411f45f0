import { Observer, type Offer } from '../model/observer.ts';
import type { Simulation } from '../simulation.ts';

/** Watches what producers hold. A buffer only grows when something is offered, so that is when it is looked at. */
export class BufferWatch extends Observer {
  /** Most bytes that a producer has held, overhead included. */
  memoryBytes = 0;
  #simulation: Simulation | null = null;

  /** The simulation that it observes; before the first record is offered. */
  attach(simulation: Simulation): void {
    this.#simulation = simulation;
  }

  protected get simulation(): Simulation {
    return this.#simulation!;
  }

  override offered({ stream }: Offer): void {
    const { producers, plan } = this.simulation;
    const bytes = producers.core.bufferedBytes(plan.streamProducer[stream]!);
    if (bytes > this.memoryBytes) this.memoryBytes = bytes;
  }
}
