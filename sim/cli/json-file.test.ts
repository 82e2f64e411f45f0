import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from './exit.ts';
import { JsonFile } from './json-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-'));
  file = join(folder, 'result.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a JSON file', () => {
  it('replaces the former one as a whole: whoever has that open keeps it', () => {
    writeFileSync(file, 'former');
    // A second name of the former file shows whether it was written into or replaced.
    linkSync(file, join(folder, 'reader'));
    new JsonFile(file).write('new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readFileSync(join(folder, 'reader'), 'utf8')).toBe('former');
  });

  it('leaves nothing behind when it fails', () => {
    const json = new JsonFile(file);
    mkdirSync(file);
    writeFileSync(join(file, 'in the way'), '');
    expect(() => json.write('new')).toThrow(InputError);
    expect(readdirSync(folder)).toEqual(['result.json']);
  });

  it('goes through a link, and the link stays', () => {
    writeFileSync(file, 'former');
    const link = join(folder, 'latest.json');
    symlinkSync(file, link);
    new JsonFile(link).write('new');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it('writes to a device and never replaces it', () => {
    const link = join(folder, 'nowhere');
    symlinkSync('/dev/null', link);
    new JsonFile(link).write('new');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('refuses a folder, and a folder that is not there, before anything runs', () => {
    expect(() => new JsonFile(folder)).toThrow('is a folder; expected a file');
    expect(() => new JsonFile(join(folder, 'no', 'x.json'))).toThrow('does not exist');
  });
});
