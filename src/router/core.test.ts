import { describe, expect, it } from 'vitest';
import { MS, RECORD_BYTES, SmallWorld } from './core.fixture.ts';

describe('a router core', () => {
  it('fetches, writes, and commits only then', () => {
    const world = new SmallWorld();
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    world.advance(20 * MS);
    expect(world.calls).toEqual(['fetch 0 from 0', 'fetch 0 from 5', 'write 0:0-5 to 0, attempt 1']);
    world.answerFirst('write');
    world.advance(20 * MS);
    expect(world.calls.at(-1)).toBe('commit 0 at 5');
  });

  it('commits what it has fetched where the policy commits ahead, and fetches it no more after a crash', () => {
    const world = new SmallWorld({ commitUpTo: 'fetched', slots: 2 });
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    world.advance(20 * MS);
    expect(world.calls.filter((call) => call.startsWith('commit'))).toEqual(['commit 0 at 5']);
    world.answerFirst('commit');
    expect(world.core.committedUpTo(0)).toBe(5);
    expect(world.core.writtenUpTo(0)).toBe(0);
    // The write changes nothing that may be committed.
    world.answerFirst('write');
    expect(world.core.writtenUpTo(0)).toBe(5);
    world.advance(20 * MS);
    expect(world.pending.some((p) => p.kind === 'commit')).toBe(false);
    world.crash(() => false);
    expect(world.calls.slice(-2)).toEqual(['fetch 0 from 5', 'fetch 1 from 0']);
  });

  it('asks again for a commit ahead that the store refused, and forgets one of a slot that it gave up', () => {
    const world = new SmallWorld({ commitUpTo: 'fetched', bytesMax: 1000, ageNs: 1e12 });
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    world.advance(20 * MS);
    world.answerFirst('commit', 'failed');
    world.advance(20 * MS);
    expect(world.calls.filter((call) => call.startsWith('commit'))).toEqual(['commit 0 at 5', 'commit 0 at 5']);
    world.answerFirst('commit', 'failed');
    world.core.revoke(0, world.nowNs);
    expect(world.core.deadline()).toBeGreaterThan(1e11);
  });

  it('holds a refused commit back, longer each time', () => {
    const world = new SmallWorld({ commitIntervalNs: 0 });
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    world.answerFirst('write');
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      world.advance(0);
      world.answerFirst('commit', 'failed');
      const refusedNs = world.nowNs;
      world.advance(world.core.deadline() - refusedNs);
      waits.push(world.nowNs - refusedNs);
    }
    expect(waits[0]).toBeGreaterThan(0);
    expect(waits[1]).toBeGreaterThan(waits[0]);
    expect(waits[2]).toBeGreaterThan(waits[1]);
  });

  it('flushes commits before a planned stop, ahead of their time', () => {
    const world = new SmallWorld({ commitIntervalNs: 1e12 });
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    world.answerFirst('write');
    expect(world.calls.some((call) => call.startsWith('commit'))).toBe(false);
    world.core.flushCommits(world.nowNs);
    expect(world.calls.at(-1)).toBe('commit 0 at 5');
  });

  it('sends what it holds when it closes, fetches no more, and is drained once all is written', () => {
    const world = new SmallWorld({ slots: 2, ageNs: 1e12, writesInFlightMax: 1 });
    expect(world.core.drained).toBe(true);
    world.logEnd[0] = 15;
    world.answerFirst('fetch');
    expect(world.core.drained).toBe(false);
    world.core.close(world.nowNs);
    const fetches = world.calls.filter((call) => call.startsWith('fetch')).length;
    // What was on its way when it closed is taken, and goes at once.
    world.logEnd[1] = 3;
    world.answer(world.pending.findIndex((p) => p.kind === 'fetch' && p.slot === 1));
    while (world.pending.some((p) => p.kind === 'write')) {
      expect(world.core.drained).toBe(false);
      world.answerFirst('write');
    }
    expect(world.core.drained).toBe(true);
    expect([world.core.writtenUpTo(0), world.core.writtenUpTo(1)]).toEqual([10, 3]);
    expect(world.calls.filter((call) => call.startsWith('fetch'))).toHaveLength(fetches);
  });

  it('shows what it holds: the ranges that are fetched and not yet written everywhere', () => {
    const world = new SmallWorld({ bytesMax: 5 * RECORD_BYTES, writesInFlightMax: 4 });
    world.logEnd[0] = 10;
    world.answerFirst('fetch');
    const held: number[][] = [];
    world.core.visitHeld(0, (from, to) => held.push([from, to]));
    expect(held).toEqual([
      [0, 5],
      [5, 10],
    ]);
    expect(world.core.position(0)).toBe(10);
    world.answerFirst('write');
    held.length = 0;
    world.core.visitHeld(0, (from, to) => held.push([from, to]));
    expect(held).toEqual([[5, 10]]);
  });

  it('gives up a slot whatever it was doing, and takes it again from what was committed', () => {
    const world = new SmallWorld({ slots: 3, bufferBytesMax: 0, writesInFlightMax: 1, fetchBytesMax: 50 });
    // Slot 0 fetches; 1 and 2 wait for room.
    expect(world.calls).toEqual(['fetch 0 from 0', 'paused 1', 'paused 2']);
    world.revoke(1);
    world.logEnd[0] = 5;
    world.answerFirst('fetch', 'failed');
    expect(world.calls.slice(3)).toEqual(['resumed 2', 'fetch 2 from 0']);
    world.revoke(0);
    world.revoke(2);
    // The time at which it would have tried again passes.
    const calls = world.calls.length;
    world.advance(50 * MS);
    expect(world.calls).toHaveLength(calls);
    expect(world.core.deadline()).toBe(Infinity);
    world.assign(0);
    expect(world.calls.at(-1)).toBe('fetch 0 from 0');
    world.answerFirst('fetch');
    world.revoke(0);
    world.answerFirst('write');
    world.advance(50 * MS);
    expect(world.calls.some((call) => call.startsWith('commit'))).toBe(false);
    expect(world.core.heldBytes).toBe(0);
  });

  it('groups ranges until the write is full, and cuts a range where it is', () => {
    const world = new SmallWorld({ bytesMax: 8 * RECORD_BYTES, ageNs: 100 * MS });
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    expect(world.pending.some((p) => p.kind === 'write')).toBe(false);
    world.logEnd[0] = 10;
    world.answerFirst('fetch');
    expect(world.calls.at(-1)).toBe('write 0:0-8 to 0, attempt 1');
    world.advance(100 * MS);
    expect(world.calls.at(-1)).toBe('write 0:8-10 to 0, attempt 1');
  });

  it('mixes slots in one write, or keeps them apart', () => {
    for (const [scope, writes] of [
      ['container', ['write 0:0-2 1:0-2 to 0, attempt 1']],
      ['partition', ['write 0:0-2 to 0, attempt 1', 'write 1:0-2 to 0, attempt 1']],
    ] as const) {
      const world = new SmallWorld({ slots: 2, scope, ageNs: 5 * MS });
      world.logEnd.fill(2);
      world.answerFirst('fetch');
      world.answerFirst('fetch');
      world.advance(5 * MS);
      expect(world.calls.filter((c) => c.startsWith('write'))).toEqual(writes);
    }
  });

  it('does not commit past a hole: the later write came first', () => {
    const world = new SmallWorld({ bytesMax: 5 * RECORD_BYTES });
    world.logEnd[0] = 10;
    world.answerFirst('fetch');
    world.answer(world.pending.findIndex((p) => p.kind === 'write' && p.ranges[0][1] === 5));
    world.advance(50 * MS);
    expect(world.core.writtenUpTo(0)).toBe(0);
    expect(world.pending.some((p) => p.kind === 'commit')).toBe(false);
    world.answerFirst('write');
    expect(world.core.writtenUpTo(0)).toBe(10);
  });

  it('retries what the sink refuses, later each time', () => {
    const world = new SmallWorld();
    world.logEnd[0] = 1;
    world.answerFirst('fetch');
    const sentAt: number[] = [];
    for (let i = 0; i < 4; i++) {
      sentAt.push(world.nowNs);
      world.answerFirst('write', 'rejected');
      while (!world.pending.some((p) => p.kind === 'write')) world.advance(MS / 4);
    }
    const waits = sentAt.slice(1).map((at, i) => (at - sentAt[i]) / MS);
    expect(waits).toEqual([0.75, 1.5, 3]);
    expect(world.calls.at(-1)).toBe('write 0:0-1 to 0, attempt 5');
  });

  it('tries what the sink will never take for ever, or drops it, tells so and goes on', () => {
    const kept = new SmallWorld();
    const dropped = new SmallWorld({ refused: 'drop' });
    for (const world of [kept, dropped]) {
      world.logEnd[0] = 3;
      world.answerFirst('fetch');
      world.answerFirst('write', 'refused');
      world.advance(10 * MS);
    }
    expect(kept.calls.at(-1)).toBe('write 0:0-3 to 0, attempt 2');
    expect(kept.core.writtenUpTo(0)).toBe(0);
    expect(dropped.calls).toContain('refused by 0');
    expect([...dropped.refusedOffsets]).toEqual(['0/0/0', '0/0/1', '0/0/2']);
    expect(dropped.calls.at(-1)).toBe('commit 0 at 3');
  });

  it('gives up an attempt without answer and sends it again', () => {
    const world = new SmallWorld({ writeTimeoutNs: 50 * MS });
    world.logEnd[0] = 1;
    world.answerFirst('fetch');
    world.advance(60 * MS);
    expect(world.calls.slice(-2)).toEqual(['gave up on 0', 'write 0:0-1 to 0, attempt 2']);
  });

  it('pauses when a fetch might overfill the buffer, and resumes in turn', () => {
    const world = new SmallWorld({ slots: 2, bufferBytesMax: 250, writesInFlightMax: 9 });
    world.logEnd.fill(100);
    world.answerFirst('fetch');
    world.answerFirst('fetch');
    expect(world.calls.filter((c) => c.startsWith('paused'))).toEqual(['paused 0', 'paused 1']);
    expect(world.core.heldBytes).toBe(200);
    world.answerFirst('write');
    expect(world.calls.at(-2)).toBe('resumed 0');
    world.check();
  });

  it('sends what it has when the buffer is full of writes that are too small to go', () => {
    const world = new SmallWorld({ bytesMax: 1000, ageNs: Infinity, bufferBytesMax: 150 });
    world.logEnd[0] = 100;
    world.answerFirst('fetch');
    expect(world.calls.slice(-2)).toEqual(['paused 0', 'write 0:0-10 to 0, attempt 1']);
  });

  it('goes on from the start of the log when retention has passed it, and says what is lost', () => {
    const world = new SmallWorld();
    world.logStart[0] = 7;
    world.logEnd[0] = 9;
    world.answerFirst('fetch');
    expect(world.calls.slice(-2)).toEqual(['lost 0:0-7', 'fetch 0 from 7']);
    world.advance(20 * MS);
    expect(world.calls.at(-1)).toBe('commit 0 at 7');
  });

  it('goes on at the end when the reset says so, and tells what it passes over from what retention took', () => {
    const world = new SmallWorld({ reset: 'latest' });
    world.logStart[0] = 7;
    world.logEnd[0] = 9;
    world.answerFirst('fetch');
    expect(world.calls.slice(-3)).toEqual(['lost 0:0-7', 'skipped 0:7-9', 'fetch 0 from 9']);
    world.advance(20 * MS);
    expect(world.calls.at(-1)).toBe('commit 0 at 9');
  });

  it('stops where it is without a reset, commits nothing of what it never had, and fetches again once assigned anew', () => {
    const world = new SmallWorld({ reset: 'none' });
    world.logEnd[0] = 3;
    world.answerFirst('fetch');
    world.answerFirst('write');
    world.logStart[0] = 7;
    world.logEnd[0] = 9;
    world.answerFirst('fetch');
    expect(world.calls.at(-1)).toBe('halted 0');
    world.advance(1000 * MS);
    expect(world.calls.at(-1)).toBe('commit 0 at 3');
    expect(world.core.position(0)).toBe(3);
    world.answerFirst('commit');
    world.logStart[0] = 3;
    world.crash(() => true);
    world.drain();
    expect(world.stored[0]).toBe(9);
  });

  it('backs off from a broker that does not answer', () => {
    const world = new SmallWorld();
    world.answerFirst('fetch', 'failed');
    expect(world.pending).toEqual([]);
    world.advance(MS);
    expect(world.pending).toEqual([{ kind: 'fetch', slot: 0, from: 0 }]);
  });

  it('asks again for a commit that the store refused', () => {
    const world = new SmallWorld();
    world.logEnd[0] = 3;
    world.answerFirst('fetch');
    world.answerFirst('write');
    world.advance(10 * MS);
    world.answerFirst('commit', 'failed');
    expect(world.core.committedUpTo(0)).toBe(0);
    world.advance(20 * MS);
    world.answerFirst('commit');
    expect(world.core.committedUpTo(0)).toBe(3);
  });

  it('never sends more than the sink asked for', () => {
    const world = new SmallWorld({ creditRecords: 4, writesInFlightMax: 9 });
    world.logEnd[0] = 10;
    world.answerFirst('fetch');
    expect(world.calls.filter((c) => c.startsWith('write'))).toEqual(['write 0:0-4 to 0, attempt 1']);
    world.answerFirst('write');
    expect(world.calls.at(-1)).toBe('write 0:4-8 to 0, attempt 1');
  });

  it('in a shared job, lets the slow sink hold up the good one', () => {
    const world = new SmallWorld({ sinks: 2, writesInFlightMax: 2, bufferBytesMax: 300 });
    world.logEnd[0] = 1000;
    const good = () => world.pending.findIndex((p) => p.kind === 'write' && p.sink === 0);
    for (let i = 0; i < 50; i++) {
      const fetch = world.pending.findIndex((p) => p.kind === 'fetch');
      if (fetch >= 0) world.answer(fetch);
      while (good() >= 0) world.answer(good());
    }
    expect(world.arrivals[0][0].length).toBe(20);
    expect(world.stored[0]).toBe(0);
  });

  it('commits nothing of a slot that was revoked', () => {
    const world = new SmallWorld({ slots: 2 });
    world.logEnd.fill(3);
    world.answerFirst('fetch');
    world.core.revoke(0, world.nowNs);
    world.pending = world.pending.filter((p) => p.kind !== 'fetch' || p.slot !== 0);
    world.answerFirst('write');
    world.advance(50 * MS);
    expect(world.pending.some((p) => p.kind === 'commit')).toBe(false);
    world.core.assign(0, 0, world.nowNs);
    world.drain();
    expect(world.arrivals[0]).toEqual([
      [2, 2, 2],
      [1, 1, 1],
    ]);
  });

  it('closes: fetches no more, writes what it holds', () => {
    const world = new SmallWorld({ ageNs: 1000 * MS });
    world.logEnd[0] = 3;
    world.answerFirst('fetch');
    world.core.close(world.nowNs);
    expect(world.core.drained).toBe(false);
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    world.answerFirst('write');
    world.answerFirst('write');
    expect(world.core.drained).toBe(true);
    expect(world.pending).toEqual([]);
  });

  it('refuses an answer to what it did not ask', () => {
    const world = new SmallWorld();
    world.answerFirst('fetch', 'failed');
    expect(() => world.core.fetched(0, 0, 1, 10, world.nowNs)).toThrow('only a fetch that was asked');
    expect(() => new SmallWorld().core.fetched(0, 3, 4, 10, 0)).toThrow('in order');
  });
});
