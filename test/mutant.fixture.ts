/** Copies of the sources with a line changed, in which everything runs: nothing is mocked. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Edit = readonly [file: string, line: string, instead: string];

const root = fileURLToPath(new URL('..', import.meta.url));

export class Mutants {
  // Under node_modules, so that the copies find the packages they import.
  readonly #home: string;
  #copies = 0;

  constructor(name: string) {
    this.#home = join(root, 'node_modules', '.cache', `${name}-${process.pid}`);
  }

  /** A module of a copy with lines replaced; each line must be there exactly once. */
  async load<Room>(module: string, ...edits: readonly Edit[]): Promise<Room> {
    const copy = join(this.#home, String(this.#copies++));
    for (const room of ['src', 'sim']) {
      mkdirSync(join(copy, room), { recursive: true });
      cpSync(join(root, room), join(copy, room), { recursive: true, filter: (path) => !/\.test\.ts$/.test(path) });
    }
    for (const [file, line, instead] of edits) {
      const path = join(copy, file);
      const parts = readFileSync(path, 'utf8').split(line);
      if (parts.length !== 2) throw new Error(`${file} has the line to mutate ${parts.length - 1} times: ${line}`);
      writeFileSync(path, parts.join(instead));
    }
    return (await import(join(copy, module))) as Room;
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
