/** The command as a process: what only signals, pipes and exit codes can show. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../sim/report/result.ts';
import { Installed } from './installed.ts';

const installed = new Installed();
afterAll(() => installed.remove());

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Tells on a third pipe when the first slice of a run is done: in a pipe there is no bar that would. */
const TELL_WHEN_RUNNING = `data:text/javascript,
import { writeSync } from 'node:fs';
process.once('newListener', function tell(name) {
  if (name === 'SIGINT') setImmediate(() => writeSync(3, '.'));
  else process.once('newListener', tell);
});`;

interface Moments {
  readonly started?: (child: ReturnType<typeof spawn>) => void;
  readonly running?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the command to its end. */
function spillway(words: readonly string[], { started, running }: Moments = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', TELL_WHEN_RUNNING, installed.main, ...words], {
    cwd: installed.folder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  child.stdio[3]?.once('data', () => running?.(child));
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  started?.(child);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

const LONG = ['run', 'laptop', '--for', '100h'];

describe('spillway as a process', () => {
  it('in a pipe prints JSON and nothing else, on either stream', async () => {
    const { code, stdout, stderr } = await spillway(['run', 'laptop', '--for', '2s', '--json']);
    const result = JSON.parse(stdout) as RunResult;
    expect(result).toMatchObject({ scenario: 'laptop', complete: true, simulatedSeconds: 2 });
    expect(result.ledger.balanced).toBe(true);
    expect(result.ledger.offered).toBeGreaterThan(0);
    expect(result.wall.peakRssBytes).toBeGreaterThan(1 << 20);
    expect([code, stderr]).toEqual([result.assertions.every(({ ok }) => ok) ? 0 : 1, '']);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const run = async (...words: string[]): Promise<string> => {
      const { stdout } = await spillway(['run', 'laptop', '--for', '1s', '--json', ...words]);
      const { wall: _, ...rest } = JSON.parse(stdout) as RunResult;
      return JSON.stringify(rest);
    };
    for (const fidelity of ['record', 'request']) {
      const first = await run('--seed', '7', '--fidelity', fidelity);
      expect(await run('--seed', '7', '--fidelity', fidelity)).toBe(first);
      const other = await run('--seed', '8', '--fidelity', fidelity);
      expect((JSON.parse(other) as RunResult).digest).not.toBe((JSON.parse(first) as RunResult).digest);
    }
  });

  it('stops at Ctrl-C, prints what was reached and ends with 130', async () => {
    const { code, signal, stdout, stderr } = await spillway(LONG, { running: (child) => child.kill('SIGINT') });
    expect([code, signal]).toEqual([130, null]);
    expect(stdout).toContain('STOPPED EARLY');
    expect(stderr).toMatch(/^spillway: stopped after \d+\.\d{3} simulated seconds\n$/);
  });

  it('never leaves half a file: killed on the way there is none', async () => {
    const file = join(installed.folder, 'killed.json');
    const { signal } = await spillway([...LONG, '--json', file], { running: (child) => child.kill('SIGKILL') });
    expect(signal).toBe('SIGKILL');
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(installed.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    const { code } = await spillway(['run', 'laptop', '--for', '1s', '--quiet', '--json', file]);
    expect(code).toBeLessThan(2);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ scenario: 'laptop' });
  });

  it('takes a reader that goes away for no failure', async () => {
    const { code, stderr } = await spillway(['run', 'laptop', '--for', '1s', '--json'], {
      started: (child) => child.stdout?.destroy(),
    });
    expect(code).toBeLessThan(2);
    expect(stderr).not.toContain('EPIPE');
  });

  it('prints no colour and no bar in a pipe', async () => {
    const { stdout, stderr } = await spillway(['run', 'laptop', '--for', '1s']);
    expect(stdout).toContain('Where records went');
    expect(stdout + stderr).not.toContain('\x1b');
  });

  it('ends with 2 for a preset that does not exist, and names the nearest', async () => {
    const { code, stdout, stderr } = await spillway(['run', 'lapdog']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('laptop');
  });
});
