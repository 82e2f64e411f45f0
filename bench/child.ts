/** Something measured in a process of its own: neither heap nor compiled code of anything else is in its figures. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FailuresCost, FailuresSpec } from './failures.ts';
import type { Spec, Steady } from './steady.ts';

/** Longer than any run should take: a bench that hangs tells nothing. */
const TIMEOUT_MS = 30 * 60_000;

/** Runs a program of this folder with one argument, both ways as JSON. Throws when it fails or takes half an hour. */
export function inChild(program: 'steady-main', spec: Spec): Steady;
export function inChild(program: 'failures-main', spec: FailuresSpec): FailuresCost;
export function inChild(program: 'decision-main', policy: { name: string; quick: boolean }): number;
export function inChild(program: string, argument: unknown): unknown {
  const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  const { status, signal, stdout } = spawnSync(process.execPath, [path, JSON.stringify(argument)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
  });
  if (signal === 'SIGTERM')
    throw new Error(`${program} took over ${TIMEOUT_MS / 60_000} min: ${JSON.stringify(argument)}`);
  if (status !== 0) throw new Error(`${program} ended with ${signal ?? status}: ${JSON.stringify(argument)}`);
  return JSON.parse(stdout);
}
