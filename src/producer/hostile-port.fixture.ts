/** A cluster whose client does whatever it likes at each call, by a script: for laws about what a producer survives. */
import type { Clock, PartitionLeader, ProduceOutcome, ProducerPort } from '../ports.ts';
import type { ProduceBatch } from './memory-port.fixture.ts';

/** What a call does. Times are ms. */
export type Mood =
  | {
      readonly does:
        | 'answer'
        | 'hang'
        | 'reject'
        | 'throw'
        | 'lose'
        | 'refuse'
        | 'elsewhere'
        | 'forbid'
        | 'away'
        | 'twice';
    }
  /** Answers after so long, also when nobody listens any more. */
  | { readonly does: 'late'; readonly afterMs: number }
  /** Answers something else than the port promises. */
  | { readonly does: 'nonsense'; readonly answer: unknown }
  /** The client gives itself up: from here on all calls are refused, until it is opened again. */
  | { readonly does: 'close' };

export class HostilePort implements ProducerPort {
  readonly caps = { acksPerCall: true, idempotent: false, retriesInternally: false };
  /** What the next calls do, over and over; empty: all is well. */
  moods: readonly Mood[] = [];
  partitions = 3;
  /** Ids of records that are in a log, and how often. */
  readonly log = new Map<string, number>();
  closes = 0;
  /** Calls that came after `close`. */
  after = 0;
  readonly #clock: Clock;
  #calls = 0;
  #gone = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(): Promise<void> {
    this.#gone = false;
    return this.#act(() => {});
  }

  metadata(): Promise<readonly PartitionLeader[]> {
    return this.#act(() =>
      Array.from({ length: this.partitions }, (_, partition) => ({ partition, leader: 10 + (partition % 2) })),
    );
  }

  produce({ records }: ProduceBatch): Promise<ProduceOutcome> {
    return this.#act((mood): ProduceOutcome => {
      const refused = { ok: false, fate: 'not-written', cause: mood.does } as const;
      if (mood.does === 'away') return { ...refused, next: 'reconnect' };
      if (mood.does === 'refuse') return { ...refused, next: 'backoff' };
      if (mood.does === 'elsewhere') return { ...refused, next: 'refresh-metadata' };
      if (mood.does === 'forbid') return { ...refused, next: 'never' };
      for (const { value } of records) {
        const id = Buffer.from(value!).toString();
        this.log.set(id, (this.log.get(id) ?? 0) + 1);
      }
      if (mood.does === 'lose') return { ok: false, fate: 'maybe-written', cause: mood.does };
      return { ok: true, baseOffset: null };
    });
  }

  close(): Promise<void> {
    try {
      return this.#act(() => {});
    } finally {
      this.closes++;
    }
  }

  #act<T>(work: (mood: Mood) => T): Promise<T> {
    if (this.closes > 0) this.after++;
    const mood: Mood = this.moods[this.#calls++ % Math.max(1, this.moods.length)] ?? { does: 'answer' };
    switch (mood.does) {
      case 'throw':
        throw new Error('the port throws');
      case 'hang':
        return new Promise(() => {});
      case 'reject':
        return Promise.reject(new Error('the port rejects'));
      case 'close':
        this.#gone = true;
        return Promise.reject(new Error('the client is closed'));
      case 'nonsense':
        return mood.answer as Promise<T>;
      case 'late':
        return new Promise((resolve) => this.#clock.after(mood.afterMs * 1_000_000, () => resolve(work(mood))));
      case 'twice': {
        // A thenable that settles both ways, several times, now and later.
        const answer = work(mood);
        const then = (resolve: (value: T) => void, reject: (cause: unknown) => void): void => {
          resolve(answer);
          reject(new Error('the port changes its mind'));
          this.#clock.after(5_000_000, () => resolve(answer));
        };
        return { then } as unknown as Promise<T>;
      }
      default:
        if (this.#gone) return Promise.reject(new Error('the client is closed'));
        return Promise.resolve(work(mood));
    }
  }
}
