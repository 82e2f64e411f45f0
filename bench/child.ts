/** A run in a process of its own: neither heap nor compiled code of another run is in its figures. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Spec, Steady } from './steady.ts';

export function inChild(spec: Spec): Steady {
  const program = fileURLToPath(new URL('./child-main.js', import.meta.url));
  const { status, signal, stdout } = spawnSync(process.execPath, [program, JSON.stringify(spec)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`a run ended with ${signal ?? status}: ${spec.sets.join(' ')}`);
  return JSON.parse(stdout) as Steady;
}
