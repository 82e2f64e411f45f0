/** `spillway init`: a commented scenario to start from. */
import { writeFileSync } from 'node:fs';
import { EXIT_OK, InputError } from './exit.ts';
import type { Io } from './io.ts';
import type { World } from './world.ts';

/** Throws InputError when the file is there already, unless `force`. */
export function initCommand(
  args: { readonly file: string; readonly force: boolean },
  { io, world }: { io: Io; world: World },
): number {
  try {
    // `wx` decides and writes in one step: no other process can slip in between.
    writeFileSync(args.file, world.template(), { flag: args.force ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new InputError(`init: ${args.file} is there already; --force replaces it`);
    if (code === undefined) throw error;
    throw new InputError(`init: ${args.file} could not be written (${message})`);
  }
  io.out(`wrote ${args.file}; try: spillway run ${args.file}\n`);
  return EXIT_OK;
}
