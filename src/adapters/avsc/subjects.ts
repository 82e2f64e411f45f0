/** Ids of the schemas that an application writes by: asked for in the background, again and again until they are known. */
import PQueue from 'p-queue';
import { within } from '../../clock.ts';
import { fraction, hash32, textHash32 } from '../../hash.ts';
import type { Clock, SchemaRegistryPort } from '../../ports.ts';
import { exponential } from '../../producer/retry.ts';

/** Questions at once: an application may have hundreds of topics. A guess. */
const CONCURRENCY = 4;
const RETRY = exponential();

type Listener = (schemaId: number | null) => void;

/** One subject's id. */
export class Subject {
  /** `null`: refused for good. */
  id: number | null | undefined = undefined;
  readonly #listeners: Listener[] = [];

  /** Calls back once it is known, never at once. */
  whenKnown(listener: Listener): void {
    if (this.id === undefined) this.#listeners.push(listener);
    else void Promise.resolve(this.id).then(listener);
  }

  known(id: number | null): void {
    this.id = id;
    for (const listener of this.#listeners.splice(0)) listener(id);
  }
}

export class Subjects {
  readonly #registry: SchemaRegistryPort;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #queue = new PQueue({ concurrency: CONCURRENCY });

  constructor({ registry, clock, timeoutMs }: { registry: SchemaRegistryPort; clock: Clock; timeoutMs: number }) {
    this.#registry = registry;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Starts to ask, until there is an answer. */
  ask(name: string, schema: string): Subject {
    const subject = new Subject();
    void this.#ask({ name, schema, subject });
    return subject;
  }

  async #ask(about: { readonly name: string; readonly schema: string; readonly subject: Subject }): Promise<void> {
    const { name, schema, subject } = about;
    const limitNs = this.#timeoutMs * 1_000_000;
    for (let attempt = 1; ; attempt++) {
      try {
        const id = await this.#queue.add(() =>
          within({ clock: this.#clock, limitNs }, () => this.#registry.idOf(name, schema)),
        );
        if (id !== null && !(Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff)) {
          throw new TypeError(`${name}: expected a schema id, got ${String(id)}`);
        }
        subject.known(id);
        return;
      } catch {
        const waitNs = RETRY.backoffNs(attempt, fraction(hash32(textHash32(name), attempt)));
        await new Promise<void>((resolve) => void this.#clock.after(waitNs, resolve));
      }
    }
  }
}
