/** Types by which values were written, by schema id: asked for once, the latest used of them kept. */
import { within } from '../../clock.ts';
import { NotNowError } from '../../envelope/codec.ts';
import type { Clock, SchemaRegistryPort } from '../../ports.ts';
import { type Avsc, type AvscType, typeOf } from './library.ts';

export interface WrittenTypesOptions {
  readonly avsc: Avsc;
  readonly registry: SchemaRegistryPort;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Most schemas kept. */
  readonly schemasMax: number;
}

export class WrittenTypes {
  readonly #options: WrittenTypesOptions;
  /** In order of use, which a Map keeps. */
  readonly #types = new Map<number, Promise<AvscType>>();

  constructor(options: WrittenTypesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#types.size;
  }

  /** Rejects with `NotNowError` while the registry is away, with another error when there is no such schema. */
  async type(schemaId: number): Promise<AvscType> {
    const known = this.#types.get(schemaId);
    if (known !== undefined) {
      this.#types.delete(schemaId);
      this.#types.set(schemaId, known);
      return known;
    }
    const asked = this.#ask(schemaId);
    this.#types.set(schemaId, asked);
    if (this.#types.size > this.#options.schemasMax) {
      for (const oldest of this.#types.keys()) {
        this.#types.delete(oldest);
        break;
      }
    }
    try {
      return await asked;
    } catch (cause) {
      // What is away may come back; what does not exist may be made: neither answer is kept.
      if (this.#types.get(schemaId) === asked) this.#types.delete(schemaId);
      throw cause;
    }
  }

  async #ask(schemaId: number): Promise<AvscType> {
    const { avsc, registry, clock, timeoutMs } = this.#options;
    let schema: string | null;
    try {
      schema = await within({ clock, limitNs: timeoutMs * 1_000_000 }, () => registry.schemaOf(schemaId));
    } catch (cause) {
      throw new NotNowError(`the registry did not answer for schema ${schemaId}`, { cause });
    }
    if (schema === null) throw new Error(`the registry has no schema ${schemaId}`);
    return typeOf(avsc, parsed(schema));
  }
}

/** Registries hand out primitive types as bare names or in quotes. */
function parsed(schema: string): unknown {
  try {
    return JSON.parse(schema);
  } catch {
    return schema;
  }
}
