/** Object stores for tests: a folder of files, and one in memory that misbehaves on request. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectStorePort } from '../ports.ts';

/** One file an object, written beside and renamed, so that no reader sees half of it. */
export function folderStore(folder: string): ObjectStorePort {
  return {
    async put(key, body, { signal }) {
      const path = join(folder, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.part`, body, { signal });
      await rename(`${path}.part`, path);
    },
    async get(key, { signal }) {
      try {
        return await readFile(join(folder, key), { signal });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw cause;
      }
    },
  };
}

export type StoreManner = 'fine' | 'reject' | 'hang' | 'throw';

export class MemoryStore implements ObjectStorePort {
  readonly objects = new Map<string, Uint8Array>();
  manner: StoreManner = 'fine';
  /** Bodies that calls hold which have not settled, and the most there ever were at once. */
  heldBytes = 0;
  heldBytesMax = 0;
  running = 0;
  runningMax = 0;
  puts = 0;

  put(key: string, body: Uint8Array): Promise<void> {
    this.puts++;
    return this.#behave(body.length, () => void this.objects.set(key, Uint8Array.from(body)));
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#behave(0, () => this.objects.get(key) ?? null);
  }

  #behave<T>(bytes: number, work: () => T): Promise<T> {
    if (this.manner === 'throw') throw new Error('the store throws');
    const answer = this.#answer(work);
    this.running++;
    this.heldBytes += bytes;
    this.runningMax = Math.max(this.runningMax, this.running);
    this.heldBytesMax = Math.max(this.heldBytesMax, this.heldBytes);
    return answer.finally(() => {
      this.running--;
      this.heldBytes -= bytes;
    });
  }

  async #answer<T>(work: () => T): Promise<T> {
    if (this.manner === 'hang') await new Promise(() => {});
    if (this.manner === 'reject') throw new Error('the store is away');
    await new Promise((resolve) => setImmediate(resolve));
    return work();
  }
}
