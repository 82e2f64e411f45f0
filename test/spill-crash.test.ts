/** A process that spills is killed at random moments, again and again; what it was told to be stored comes back. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Installed } from './installed.ts';

const installed = new Installed();
const folder = mkdtempSync(join(tmpdir(), 'spillway-crash-'));
afterAll(() => {
  installed.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Lines: `took n` once the spill has said yes, `stored n` once it said so, `sent n` and `done n` for what came back. */
const CHILD = `
import { writeSync } from 'node:fs';
import { diskSpill } from 'spillway';
const [directory, survives, from, share] = process.argv.slice(2);
const say = (line) => writeSync(1, line + '\\n');
const textOf = ({ record }) => Buffer.from(record.value).toString().trimEnd();
const spill = diskSpill({ directory, survives, segmentBytesMax: 20_000, replayBytesMax: 30_000, queueBytesMax: 200_000 });
spill.open({
  stored: (items) => items.forEach((item) => say('stored ' + textOf(item))),
  returned: (items) => items.forEach((item) => say('returned ' + textOf(item))),
  doubtful() {}, ready() {}, lost() {},
  trouble: (cause) => say('trouble ' + cause),
});
let next = Number(from);
const out = [];
const row = 1, cause = 'buffer-full', topic = 't';
const turn = () => {
  for (let n = 0; n < 20; n++) {
    const record = { key: null, value: Buffer.from(String(next).padEnd(50 + (next % 7) * 40)), timestampMs: 1 };
    if (!spill.take([{ topic, class: 'high', record, row, cause }])) break;
    say('took ' + next++);
  }
  for (let n = 0; n < 20 * Number(share); n++) {
    const record = spill.next();
    if (record === null) break;
    say('sent ' + textOf(record));
    out.push(record);
  }
  while (out.length > 30) {
    const record = out.shift();
    say('done ' + textOf(record));
    spill.done(record);
  }
  setImmediate(turn);
};
turn();
`;
writeFileSync(join(installed.folder, 'child.mjs'), CHILD);

/** Everything left, sent and done with, by a process that ends well. */
const DRAIN = `
import { diskSpill } from 'spillway';
const spill = diskSpill({ directory: process.argv[2] });
const nothing = () => {};
spill.open({ stored: nothing, returned: nothing, doubtful: nothing, ready: nothing, lost: nothing, trouble: (cause) => console.log('trouble ' + cause) });
let quiet = 0;
while (quiet < 50) {
  const record = spill.next();
  if (record === null) {
    quiet = spill.queues ? 0 : quiet + 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
  } else {
    console.log('sent ' + Buffer.from(record.record.value).toString().trimEnd());
    spill.done(record);
  }
}
await spill.close({ before: [], graceMs: 5_000 });
`;
writeFileSync(join(installed.folder, 'drain.mjs'), DRAIN);

/** The command, with files of at most so many KiB if it says so. */
function command(args: readonly string[], fileKibMax?: number): [string, readonly string[]] {
  if (fileKibMax === undefined) return [process.execPath, args];
  return ['bash', ['-c', `ulimit -f ${fileKibMax}; exec "$@"`, 'bash', process.execPath, ...args]];
}

/** The lines that it printed until it ended, or was killed. */
function run(
  script: string,
  args: readonly string[],
  { killAfterMs, from = 'took', fileKibMax }: { killAfterMs?: number; from?: string; fileKibMax?: number } = {},
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const [program, all] = command([join(installed.folder, script), ...args], fileKibMax);
    const child = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let killing = false;
    let err = '';
    child.stderr.on('data', (data) => (err += data));
    child.stdout.on('data', (data) => {
      out += data;
      // From a sign of life, so that it dies at work and not while it starts.
      if (killing || killAfterMs === undefined || !out.includes(`${from} `)) return;
      killing = true;
      setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.on('close', () => (err === '' ? resolve(out.split('\n').slice(0, -1)) : reject(new Error(err))));
  });
}

const numbersOf = (lines: readonly string[], word: string): number[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.slice(word.length + 1)));

describe.each(['process-crash', 'power-cut'])('killed without notice, spilling as safe as %s', (survives) => {
  it.each([0, 1, 0.5])(
    'all that was stored comes back, in order; nothing else does (%d sent a turn of those taken)',
    async (share) => {
      const directory = join(folder, `${survives}-${share}`);
      const took = new Set<number>();
      const stored = new Set<number>();
      const done = new Set<number>();
      const sent = new Set<number>();
      for (let life = 0; life < 4; life++) {
        const from = took.size === 0 ? 0 : Math.max(...took) + 1;
        const lines = await run('child.mjs', [directory, survives, `${from}`, `${share}`], {
          killAfterMs: Math.floor(Math.random() * 120),
          from: life % 2 === 0 ? 'stored' : 'took',
        });
        expect(numbersOf(lines, 'trouble')).toEqual([]);
        expect(lines.filter((line) => line.startsWith('trouble'))).toEqual([]);
        for (const n of numbersOf(lines, 'took')) took.add(n);
        for (const n of numbersOf(lines, 'stored')) stored.add(n);
        const mine = numbersOf(lines, 'sent');
        expect(mine).toEqual([...mine].sort((a, b) => a - b));
        for (const n of mine) {
          // The line may not have got out before the kill, but the number must be one that a process could have taken.
          expect(n).toBeLessThanOrEqual(Math.max(...took) + 20);
          sent.add(n);
        }
        for (const n of numbersOf(lines, 'done')) done.add(n);
      }
      const rest = await run('drain.mjs', [directory]);
      expect(rest.filter((line) => line.startsWith('trouble')).every((line) => line.includes('damaged bytes'))).toBe(
        true,
      );
      const last = numbersOf(rest, 'sent');
      expect(last).toEqual([...new Set(last)].sort((a, b) => a - b));
      for (const n of last) sent.add(n);
      expect(stored.size).toBeGreaterThan(0);
      // At least once: stored is sent, by one life or another; and what was not done with is sent again.
      for (const n of stored) {
        expect(sent.has(n), `${n} was stored and never sent`).toBe(true);
        if (!done.has(n))
          expect(last.includes(n), `${n} was stored, not done with, and not sent at the end`).toBe(true);
      }
      for (const n of last) expect(n).toBeLessThanOrEqual(Math.max(...took) + 20);
      expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
    },
  );
});

it.runIf(process.platform === 'linux')(
  'a disk that is full costs what it did not take, and tears nothing',
  async () => {
    const directory = join(folder, 'full');
    // Smaller than a segment, so that writes end in the middle.
    const lines = await run('child.mjs', [directory, 'process-crash', '0', '0'], {
      killAfterMs: 2_500,
      fileKibMax: 13,
    });
    const rest = await run('drain.mjs', [directory]);
    expect(lines.filter((line) => line.startsWith('trouble')).join()).toContain('EFBIG');
    const [stored, returned] = [numbersOf(lines, 'stored'), numbersOf(lines, 'returned')];
    const sent = numbersOf(rest, 'sent');
    expect(returned.length).toBeGreaterThan(0);
    expect(stored.length).toBeGreaterThan(0);
    expect(sent).toEqual([...new Set(sent)].sort((a, b) => a - b));
    for (const n of stored) expect(sent).toContain(n);
    for (const n of returned) expect(sent).not.toContain(n);
  },
);
