/** Requests with acks all that wait at their leader while the in-sync set is in trouble: looked at again and again until they are through. */
import type { Engine } from '../engine/index.ts';

export class CommitWaits {
  readonly #engine: Engine;
  readonly #kind: number;
  /** By request, the number of its latest look; and the request by that number. Events of other looks are stale. */
  readonly #lookOf = new Map<number, number>();
  readonly #requestOf = new Map<number, number>();
  #looks = 0;

  constructor(engine: Engine, due: (request: number) => void) {
    this.#engine = engine;
    this.#kind = engine.kind('produce commit looked for', (_producer, look) => {
      const request = this.#requestOf.get(look);
      if (request !== undefined) due(request);
    });
  }

  has(request: number): boolean {
    return this.#lookOf.size > 0 && this.#lookOf.has(request);
  }

  requests(): number[] {
    return [...this.#lookOf.keys()];
  }

  /** Looks at the request at the time, and at no other. At Infinity it waits for something to happen. */
  look(request: number, producer: number, atNs: number): void {
    this.end(request);
    const look = this.#looks++ & 0x7fffffff;
    this.#lookOf.set(request, look);
    this.#requestOf.set(look, request);
    if (atNs < Infinity) this.#engine.schedule(atNs, this.#kind, producer, look, look);
  }

  end(request: number): void {
    const look = this.#lookOf.get(request);
    if (look === undefined) return;
    this.#lookOf.delete(request);
    this.#requestOf.delete(look);
  }
}
