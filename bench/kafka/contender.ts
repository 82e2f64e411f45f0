export const PARTITIONS = 12;
export const ACKS = 1;

/** What an application has in hand, and hands over: text, and a key or none. */
export interface Event {
  readonly key: string | null;
  readonly value: string;
}

/** One way to bring events into a topic. */
export interface Contender {
  readonly client: string;
  readonly name: string;
  /**
   * - `own`: the client alone, handed an event at a time; it makes the batches, if it makes any
   * - `hand`: the client alone, handed batches that the application has made
   * - `spillway`: over the client, handed an event at a time
   */
  readonly batching: 'own' | 'hand' | 'spillway';
  /** A fraction of the events is enough to measure one that is slow. */
  readonly share?: number;
  start(bootstrap: readonly string[], topic: string): Promise<Running>;
}

export interface Running {
  /** Brings n of the events, from the first one on and round again, and resolves when all are acknowledged. */
  produce(n: number, events: readonly Event[]): Promise<void>;
  end(): Promise<void>;
}

/** Calls with `size` events each, a number of them at a time: what a service does that handles many requests at once. */
export async function calls(
  { n, events, size, atOnce }: { n: number; events: readonly Event[]; size: number; atOnce: number },
  call: (events: readonly Event[]) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < n) {
      const batch: Event[] = [];
      for (const end = Math.min(n, next + size); next < end; next++) batch.push(events[next % events.length]);
      await call(batch);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
