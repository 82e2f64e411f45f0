/** Disks that are full or do not answer, as far as a test can have one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { DiskSpill } from './disk-spill.ts';
import { item, Listener, scratch, turn } from './spill.fixture.ts';

let place: ReturnType<typeof scratch>;
beforeEach(() => {
  place = scratch();
});
afterEach(() => place.remove());

const hasPipes = spawnSync('mkfifo', ['--version']).status === 0;

it.runIf(hasPipes)('a disk that does not answer gets no more records, and gives back those that wait', async () => {
  // Reading a pipe that nobody writes to never ends.
  const pipe = join(place.directory, 'lock');
  execFileSync('mkfifo', [pipe]);
  const clock = new ManualClock();
  const spill = new DiskSpill({ directory: place.directory, clock });
  const listener = new Listener();
  spill.open(listener);
  expect(spill.take([item('a'), item('b', { cause: null })])).toBe(true);
  await clock.advanceMs(9_000);
  await turn(50);
  expect(spill.queues).toBe(true);
  expect(listener.returnedTexts).toEqual([]);
  await clock.advanceMs(3_000);
  expect(listener.returnedTexts).toEqual(['a', 'b']);
  expect(listener.troubles.map(String)).toEqual(['Error: the disk has not answered for 10000 ms']);
  expect(spill.queues).toBe(false);
  expect(spill.take([item('c')])).toBe(false);
  expect(spill.heldRecords).toBe(0);
  const closing = spill.close({ before: [item('d')], graceMs: 1_000 });
  await clock.advanceMs(2_000);
  await closing;
  expect(listener.returnedTexts).toEqual(['a', 'b', 'd']);
  // Lets the thread go that waits for it.
  execFileSync('sh', ['-c', 'echo {} > "$0" & sleep 0.1; kill $! 2>/dev/null || true', pipe]);
});
