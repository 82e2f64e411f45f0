import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './exit.ts';

/**
 * A file that is there whole or not at all: written beside its place, then renamed over it. Whoever reads it while a
 * run is under way finds the former one. What is no file (`/dev/stdout`, a named pipe) is written to, never replaced.
 */
export class JsonFile {
  readonly path: string;
  readonly #target: string;
  readonly #replaceable: boolean;

  /** Throws InputError when the place can't be written to: asked before a run of an hour, not after it. */
  constructor(path: string) {
    this.path = path;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) throw new InputError(`--json ${path}: is a folder; expected a file`);
    this.#replaceable = stats === undefined || stats.isFile();
    // Through a link to the file itself: the link must stay one.
    this.#target = stats?.isFile() ? realpathSync(path) : path;
    const folder = dirname(this.#target);
    try {
      if (!this.#replaceable) accessSync(path, constants.W_OK);
      else if (statSync(folder).isDirectory()) accessSync(folder, constants.W_OK);
      else throw new Error('not a folder');
    } catch {
      throw new InputError(`--json ${path}: folder ${folder} does not exist or can't be written to`);
    }
  }

  write(text: string): void {
    const part = `${this.#target}.${process.pid}.part`;
    try {
      if (!this.#replaceable) {
        writeFileSync(this.path, text);
        return;
      }
      const file = openSync(part, 'w');
      try {
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(part, this.#target);
    } catch (error) {
      if (this.#replaceable) rmSync(part, { force: true });
      throw new InputError(`--json ${this.path}: could not be written (${(error as Error).message})`);
    }
  }
}
