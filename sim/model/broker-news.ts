/**
 * What brokers have not heard. A broker that has lost its controller doesn't learn that others lead what it led: a zombie,
 * which goes on as a leader for whoever asks it (AK: nothing but a higher epoch, told by a controller, makes it resign).
 */
export class BrokerNews {
  /** By broker: 1 while it and its controller don't hear each other. */
  readonly #away: Uint8Array;
  /** By broker: 1 once its controller has given it up, until it has registered again. */
  readonly #left: Uint8Array;
  /** By partition: brokers that don't know who leads it, and whether they take themselves for it. */
  readonly #unaware = new Map<number, Map<number, 'leads' | 'follows'>>();

  constructor(brokers: number) {
    this.#away = new Uint8Array(brokers);
    this.#left = new Uint8Array(brokers);
  }

  isAway(broker: number): boolean {
    return this.#away[broker] === 1;
  }

  /** True while it copies nothing: nobody counts on it. */
  hasLeft(broker: number): boolean {
    return this.#left[broker] === 1;
  }

  /** It takes itself for the partition's leader and isn't. */
  isZombie(broker: number, partition: number): boolean {
    return this.#unaware.size > 0 && this.#unaware.get(partition)?.get(broker) === 'leads';
  }

  /** It doesn't know who leads the partition, which may be itself. */
  isUnaware(broker: number, partition: number): boolean {
    return this.#unaware.size > 0 && (this.#unaware.get(partition)?.has(broker) ?? false);
  }

  goesAway(broker: number): void {
    this.#away[broker] = 1;
  }

  isGivenUp(broker: number): void {
    this.#left[broker] = 1;
  }

  /** The partition is led by another; of its copies' brokers those that are away don't hear of it. */
  leaderMoves(partition: number, brokers: Iterable<number>, from: number, to: number): void {
    for (const broker of brokers) {
      if (this.#away[broker] === 0) continue;
      const before = this.#unaware.get(partition) ?? new Map<number, 'leads' | 'follows'>();
      // Elected again before it knew: it goes on as if nothing had been.
      if (broker === to && (broker === from || before.get(broker) === 'leads')) before.delete(broker);
      else if (!before.has(broker)) before.set(broker, broker === from ? 'leads' : 'follows');
      if (before.size > 0) this.#unaware.set(partition, before);
      else this.#unaware.delete(partition);
    }
  }

  /** It and its controller hear each other again; what it missed it learns as it registers. */
  reaches(broker: number): void {
    this.#away[broker] = 0;
  }

  /** It knows all again. */
  hears(broker: number): void {
    this.#away[broker] = 0;
    this.#left[broker] = 0;
    this.#forget(broker);
  }

  /** Its process ends: what it took itself for is gone with it. It may still be out of its controller's reach. */
  ends(broker: number): void {
    this.#left[broker] = 0;
    this.#forget(broker);
  }

  #forget(broker: number): void {
    for (const [partition, brokers] of this.#unaware) {
      if (brokers.delete(broker) && brokers.size === 0) this.#unaware.delete(partition);
    }
  }
}
