/** What the actors of the old pipeline are about to do. Each is an entity with a count of its own, so nobody reorders another. */
import type { Engine } from '../../engine/index.ts';

export class Agenda {
  readonly #engine: Engine;
  readonly #kind: number;
  readonly #ordinals: number[] = [];
  readonly #actions = new Map<number, () => void>();
  #next = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#kind = engine.kind('collector pipeline', (_, action) => this.#act(action));
  }

  get nowNs(): number {
    return this.#engine.nowNs;
  }

  /** A new actor's number. */
  actor(): number {
    return this.#ordinals.push(0) - 1;
  }

  at(atNs: number, actor: number, act: () => void): void {
    const action = this.#next++;
    this.#actions.set(action, act);
    this.#engine.schedule(Math.max(this.nowNs, Math.ceil(atNs)), this.#kind, actor, this.#ordinals[actor]++, action);
  }

  #act(action: number): void {
    const act = this.#actions.get(action)!;
    this.#actions.delete(action);
    act();
  }
}
