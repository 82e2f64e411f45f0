/** `spillway presets`: what can be run, or extended, by name. */
import { EXIT_OK } from './exit.ts';
import type { Io } from './io.ts';
import type { World } from './world.ts';

export function presetsCommand({ io, world }: { io: Io; world: World }): number {
  const presets = world.presets();
  const width = Math.max(...presets.map(({ name }) => name.length));
  for (const { name, summary } of presets) io.out(`${name.padEnd(width)}  ${summary}\n`);
  return EXIT_OK;
}
