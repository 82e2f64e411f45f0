/** A folder of failures, one file each: what broke once is tried first. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCase, type SavedCase } from '../testing/token.ts';
import { InputError } from './exit.ts';
import { JsonFile } from './json-file.ts';

export class Corpus {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** All that is in it, by name; nothing when there is no such folder. Throws InputError for a file that is no case. */
  read(): SavedCase[] {
    return this.#files().map((file) => {
      const path = join(this.folder, file);
      try {
        return parseCase(readFileSync(path, 'utf8'));
      } catch (error) {
        throw new InputError(`${path}: ${(error as Error).message}`);
      }
    });
  }

  /** Adds a case, and answers its file. The same failure has the same name. */
  add(saved: SavedCase): string {
    try {
      mkdirSync(this.folder, { recursive: true });
    } catch (error) {
      throw new InputError(`--corpus ${this.folder}: could not be made (${(error as Error).message})`);
    }
    const path = join(this.folder, `${saved.broke}-${saved.digest.slice(0, 12)}.json`);
    new JsonFile(path).write(`${JSON.stringify(saved, null, 2)}\n`);
    return path;
  }

  #files(): string[] {
    try {
      return readdirSync(this.folder)
        .filter((name) => name.endsWith('.json'))
        .sort();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return [];
      throw new InputError(`--corpus ${this.folder}: could not be read (${message})`);
    }
  }
}
