/** What a stream can have of its own beside its class: acknowledgements and a quota. Beside its row, which all reads touch. */
import type { Acks } from '../record.ts';
import { grown } from './partitioner/column.ts';

export interface StreamOptions {
  /** Acknowledgements for the stream's records. Default: the configuration's. */
  readonly acks?: Acks | undefined;
  /** Which of the configuration's quotas it counts against, −1 for none. Default −1. */
  readonly quota?: number | undefined;
}

const NONE = -1;

export class StreamTraits {
  /** False while all streams have the configuration's acknowledgements: then nobody need look them up. */
  mixedAcks = false;
  readonly #acksByDefault: Acks;
  #acks = new Int32Array(0);
  #quotas = new Int32Array(0);

  constructor(acksByDefault: Acks) {
    this.#acksByDefault = acksByDefault;
  }

  add(stream: number, { acks = this.#acksByDefault, quota = NONE }: StreamOptions): void {
    this.#acks = grown(this.#acks, stream);
    this.#quotas = grown(this.#quotas, stream);
    this.#acks[stream] = acks;
    this.#quotas[stream] = quota;
    if (acks !== this.#acksByDefault) this.mixedAcks = true;
  }

  acks(stream: number): Acks {
    return this.#acks[stream] as Acks;
  }

  quota(stream: number): number {
    return this.#quotas[stream];
  }
}
