import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { DiskSpill } from './disk-spill.ts';
import { HEAD_BYTES } from './segment.ts';
import { item, Listener, opened, replayAll, scratch, textOf, until } from './spill.fixture.ts';
import type { SpilledRecord } from './spill.ts';

let place: ReturnType<typeof scratch>;
beforeEach(() => {
  place = scratch();
});
afterEach(() => place.remove());

const close = (spill: DiskSpill, graceMs = 5_000) => spill.close({ before: [], graceMs });
const numbers = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `${from + i}`);

describe('a spill on disk', () => {
  it('gives records back in order, and deletes its files once they are done with', async () => {
    const [spill, listener] = opened(place.directory);
    for (const text of numbers(1_000)) expect(spill.take([item(text)])).toBe(true);
    expect(spill.heldRecords).toBe(1_000);
    expect(await replayAll(spill)).toEqual(numbers(1_000));
    expect(listener.storedTexts).toEqual(numbers(1_000));
    expect(spill.heldRecords).toBe(0);
    await until(() => place.files().length === 0, 'an empty directory');
    await close(spill);
    expect(readdirSync(place.directory)).toEqual([]);
    expect(listener.troubles).toEqual([]);
  });

  it('keeps what was not done with for the next process, and nothing else', async () => {
    const [first] = opened(place.directory, { segmentBytesMax: 500 });
    for (const text of numbers(100)) first.take([item(text)]);
    await until(() => first.next() !== null, 'a record');
    for (let n = 1; n < 40; n++) {
      const record = first.next()!;
      expect(textOf(record)).toBe(`${n}`);
      // 0 was handed out and never settled; of the others, the odd ones are done with.
      if (n % 2 === 1) first.done(record);
    }
    await close(first);
    const [second] = opened(place.directory);
    const again = await replayAll(second);
    // In order from the first that was not: what came after it and was done with comes twice.
    expect(again).toEqual(numbers(100));
    await close(second);
    expect(place.files()).toEqual([]);
  });

  it('goes on from its mark', async () => {
    const [first] = opened(place.directory);
    for (const text of numbers(100)) first.take([item(text)]);
    await until(() => first.heldRecords === 100 && first.next() !== null, 'a record');
    await close(first);
    const [second] = opened(place.directory);
    await until(() => second.queues, 'the backlog');
    for (let n = 0; n < 60; ) {
      const record = second.next();
      if (record === null) await new Promise(setImmediate);
      else {
        second.done(record);
        n++;
      }
    }
    await close(second);
    const [third] = opened(place.directory);
    expect(await replayAll(third)).toEqual(numbers(40, 60));
    await close(third);
  });

  it('hands out again what came back, before what comes after it', async () => {
    const [spill] = opened(place.directory);
    for (const text of numbers(6)) spill.take([item(text)]);
    await until(() => spill.heldRecords === 6 && spill.queues, 'storage');
    const out: ReturnType<DiskSpill['next']>[] = [];
    await until(() => {
      const record = spill.next();
      if (record !== null) out.push(record);
      return out.length === 4;
    });
    expect(spill.heldRecords).toBe(2);
    spill.done(out[1]!);
    for (const i of [2, 0, 3]) spill.back(out[i]!);
    expect(spill.heldRecords).toBe(5);
    expect(await replayAll(spill)).toEqual(['0', '2', '3', '4', '5']);
    await close(spill);
  });

  it('puts what was offered before everything else in front when it closes', async () => {
    const [first, listener] = opened(place.directory);
    for (const text of ['5', '6', '7']) first.take([item(text)]);
    await first.close({ before: ['1', '2', '3', '4'].map((text) => item(text, { cause: 'closed' })), graceMs: 5_000 });
    expect(listener.storedTexts).toHaveLength(7);
    const [second] = opened(place.directory);
    expect(await replayAll(second)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    await close(second);
  });

  it('stays within its bounds, in memory and on disk', async () => {
    const [spill] = opened(place.directory, { bytesMax: 20_000, queueBytesMax: 4_000, replayBytesMax: 1_000 });
    let taken = 0;
    for (let n = 0; n < 100; n++) if (spill.take([item('x'.repeat(200))])) taken++;
    expect(taken).toBeLessThan(4_000 / (200 + 280));
    await until(() => place.files().length > 0);
    for (let n = 0; n < 400; n++) {
      if (spill.take([item('x'.repeat(200))])) taken++;
      if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(spill.diskBytes).toBeLessThanOrEqual(20_000);
    }
    expect(taken).toBeGreaterThan(50);
    expect(spill.heldRecords).toBe(taken);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const out: SpilledRecord[] = [];
    for (let record = spill.next(); record !== null; record = spill.next()) out.push(record);
    // The one that went over the bound is the last.
    expect(out.length).toBeLessThanOrEqual(Math.ceil(1_000 / 200));
    expect(out.length).toBeGreaterThan(0);
    for (const record of out) spill.done(record);
    expect(await replayAll(spill)).toHaveLength(taken - out.length);
    await close(spill);
  });

  it('takes a batch as a whole or not at all', async () => {
    const [spill] = opened(place.directory, { queueBytesMax: 2_000 });
    expect(spill.take(numbers(100).map((text) => item(text)))).toBe(false);
    expect(spill.heldRecords).toBe(0);
    expect(spill.take([item('one')])).toBe(true);
    await close(spill);
  });

  it('does not hand out as fresh what is too old', async () => {
    let nowMs = 1_000_000;
    const clock = { ...systemClock, wallMs: () => nowMs };
    const [first] = opened(place.directory, { clock, ageMaxMs: 1_000 });
    first.take([item('old')]);
    await close(first);
    nowMs += 2_000;
    const [second] = opened(place.directory, { clock, ageMaxMs: 1_000 });
    let record = second.next();
    await until(() => {
      record ??= second.next();
      return record !== null;
    });
    expect(record).toMatchObject({ tooOld: true, earlier: true });
    await close(second);
  });

  it('lets pass what only queues, when there is nothing to queue behind', async () => {
    const [spill, listener] = opened(place.directory);
    expect(spill.queues).toBe(true);
    spill.take([item('a', { cause: null })]);
    spill.take([item('b', { cause: null })]);
    spill.take([item('c')]);
    await until(() => listener.storedTexts.length === 1);
    expect(listener.returnedTexts).toEqual(['a', 'b']);
    await close(spill);
  });
});

describe('a disk that fails', () => {
  it('costs the records of that write, and is tried again', async () => {
    const blocked = join(place.directory, 'sub');
    writeFileSync(blocked, 'a file where a directory should be');
    const [spill, listener] = opened(blocked);
    expect(spill.take([item('lost')])).toBe(true);
    await until(() => listener.returnedTexts.length === 1);
    expect(listener.troubles).toHaveLength(1);
    expect(spill.take([item('refused at once')])).toBe(false);
    expect(spill.queues).toBe(false);
    rmSync(blocked);
    await until(() => spill.take([item('later')]), 'recovery');
    await until(() => listener.storedTexts.length === 1);
    await close(spill);
  });

  it('that loses a file with unread records has it told how many', async () => {
    const [spill, listener] = opened(place.directory, { replayBytesMax: 1, segmentBytesMax: 1_000 });
    for (let n = 0; n < 100; n++) {
      spill.take([item('x'.repeat(100))]);
      if (n % 10 === 9) await until(() => listener.storedTexts.length === n + 1);
    }
    const last = place.files().sort().at(-1)!;
    rmSync(join(place.directory, last));
    const replayed = await replayAll(spill);
    expect(listener.lostRecords).toBeGreaterThan(0);
    expect(replayed.length + listener.lostRecords).toBe(100);
    expect(spill.heldRecords).toBe(0);
    await close(spill);
  });

  it('never keeps a process from starting, whatever lies in its directory', async () => {
    writeFileSync(
      join(place.directory, '000000000000007.spill'),
      'not ours, and longer than the head of a segment is: left alone',
    );
    writeFileSync(join(place.directory, '000000000000008.spill'), '');
    writeFileSync(join(place.directory, '000000000000009.spill'), Buffer.alloc(4_096));
    writeFileSync(join(place.directory, 'notes.txt'), 'hello');
    const [spill, listener] = opened(place.directory);
    spill.take([item('a')]);
    expect(await replayAll(spill)).toEqual(['a']);
    await until(() => place.files().length <= 1);
    expect(existsSync(join(place.directory, '000000000000007.spill'))).toBe(true);
    expect(listener.troubles.map(String).join()).toContain('no segment of a spill');
    await close(spill);
  });
});

describe('files that were cut or altered', () => {
  /** Three segments of records, written by a process that is gone. */
  async function written(): Promise<{ texts: string[][]; files: string[] }> {
    const texts: string[][] = [];
    for (let segment = 0; segment < 3; segment++) {
      // Each process begins a segment of its own.
      const [spill, listener] = opened(place.directory);
      const mine = numbers(7, 100 + segment * 7);
      spill.take(mine.map((text) => item(text)));
      await until(() => listener.storedTexts.length === 7);
      await close(spill);
      texts.push(mine);
    }
    return { texts, files: place.files().sort() };
  }

  it('give back every whole record before the damage, in order, and nothing else', async () => {
    const { texts, files } = await written();
    expect(files).toHaveLength(3);
    const whole = files.map((name) => readFileSync(join(place.directory, name)));
    const frameLength = (whole[0].length - HEAD_BYTES) / 7;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2),
        fc.nat(),
        fc.constantFrom('cut', 'turn', 'append'),
        fc.nat(7),
        async (which, pick, how, bit) => {
          for (const [i, name] of files.entries()) writeFileSync(join(place.directory, name), whole[i]);
          const path = join(place.directory, files[which]);
          const bytes = whole[which];
          const at = pick % bytes.length;
          let survive = 7;
          if (how === 'cut') {
            truncateSync(path, at);
            survive = Math.max(0, Math.floor((at - HEAD_BYTES) / frameLength));
          } else if (how === 'append') {
            appendFileSync(path, Buffer.alloc(1 + (pick % 50), bit));
          } else {
            const altered = Buffer.from(bytes);
            altered[at] ^= 1 << bit;
            writeFileSync(path, altered);
            // In the head: the magic is its own case, marks that are torn are not taken.
            if (at < 8) survive = 0;
            else if (at >= HEAD_BYTES) survive = Math.floor((at - HEAD_BYTES) / frameLength);
          }
          const [spill, listener] = opened(place.directory);
          const replayed = await replayAll(spill, 5);
          await spill.close({ before: [], graceMs: 1_000 });
          expect(replayed).toEqual(texts.flatMap((mine, i) => (i === which ? mine.slice(0, survive) : mine)));
          if (survive < 7 && how === 'turn') expect(listener.troubles).toHaveLength(1);
          for (const name of place.files()) rmSync(join(place.directory, name));
        },
      ),
      { numRuns: 60 },
    );
    expect(frameLength).toBeGreaterThan(30);
  });
});

describe('two on one directory', () => {
  it('do not write into each other: the second waits until the first has closed', async () => {
    const [first, heard] = opened(place.directory);
    first.take([item('mine')]);
    await until(() => heard.storedTexts.length === 1);
    const [second, listener] = opened(place.directory);
    await until(() => listener.troubles.length > 0);
    expect(String(listener.troubles[0])).toContain('in use');
    expect(second.take([item('yours')])).toBe(false);
    await close(first);
    await until(() => second.queues, 'the takeover');
    expect(await replayAll(second)).toEqual(['mine']);
    await close(second);
  });

  it.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1 }],
    ['of one whose id another has now', { pid: 1, started: 'long ago' }],
    ['with our own id, from before a restart', { pid: process.pid, started: '1' }],
  ])('a lock %s is taken over', async (_, holder) => {
    const { hostname } = await import('node:os');
    writeFileSync(join(place.directory, 'lock'), JSON.stringify({ host: hostname(), started: '1', ...holder }));
    const [spill, listener] = opened(place.directory);
    spill.take([item('a')]);
    await until(() => listener.storedTexts.length === 1);
    expect(listener.troubles).toEqual([]);
    await close(spill);
  });

  it('a lock of a live process, or of another machine, is not', async () => {
    const { hostname } = await import('node:os');
    for (const holder of [
      { host: hostname(), pid: process.ppid, started: await started(process.ppid) },
      { host: 'elsewhere', pid: 1, started: '' },
    ]) {
      writeFileSync(join(place.directory, 'lock'), JSON.stringify(holder));
      const [spill, listener] = opened(place.directory);
      await until(() => listener.troubles.length > 0);
      expect(String(listener.troubles[0])).toContain('is held');
      await close(spill);
    }
  });
});

async function started(pid: number): Promise<string> {
  if (!existsSync(`/proc/${pid}/stat`)) return '';
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

it('options that make no sense are refused by name', () => {
  expect(() => new DiskSpill({ directory: '' })).toThrow('diskSpill: directory: expected a path');
  expect(() => new DiskSpill({ directory: 'd', survives: 'fire' as never })).toThrow(
    'survives: expected one of power-cut',
  );
  expect(() => new DiskSpill({ directory: 'd', classes: ['best' as never] })).toThrow('classes: expected one of low');
  expect(() => new DiskSpill({ directory: 'd', bytesMax: 0 })).toThrow('bytesMax: expected a number ≥ 1, got 0');
  expect(new Listener().readies).toBe(0);
});
