import { describe, expect, it } from 'vitest';
import { MS, RECORD_BYTES, SmallWorld } from './core.fixture.ts';

const fetchOf = (world: SmallWorld, slot: number) =>
  world.pending.findIndex((p) => p.kind === 'fetch' && p.slot === slot);
const sent = (world: SmallWorld) => world.calls.filter((call) => call.startsWith('write'));

describe('fetches that fail', () => {
  it('are asked again slot by slot, later each time, until an answer comes', () => {
    const world = new SmallWorld({ slots: 3 });
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      world.answer(fetchOf(world, 2), 'failed');
      const waitNs = world.core.deadline() - world.nowNs;
      waits.push(waitNs / MS);
      world.advance(waitNs - 1);
      expect(fetchOf(world, 2)).toBe(-1);
      world.advance(1);
      expect(fetchOf(world, 2)).toBeGreaterThanOrEqual(0);
    }
    expect(waits).toEqual([0.75, 1.5, 3]);
    world.answer(fetchOf(world, 2));
    world.answer(fetchOf(world, 2), 'failed');
    world.answer(fetchOf(world, 1), 'failed');
    expect(world.retries).toEqual(['fetch 1', 'fetch 2', 'fetch 3', 'fetch 1', 'fetch 1']);
  });

  it('are each asked again at their own time, and the deadline is the first of these', () => {
    const world = new SmallWorld({ slots: 3 });
    for (const slot of [2, 0, 1]) {
      world.answer(fetchOf(world, slot), 'failed');
      world.advance(0.2 * MS);
      expect(world.core.deadline()).toBe(0.75 * MS);
    }
    const asked = () => world.pending.map((p) => (p.kind === 'fetch' ? p.slot : -1));
    for (const [slots, nextNs] of [
      [[2], 0.95 * MS],
      [[2, 0], 1.15 * MS],
      [[2, 0, 1], Infinity],
    ] as const) {
      world.advance(world.core.deadline() - world.nowNs);
      expect(asked()).toEqual(slots);
      expect(world.core.deadline()).toBe(nextNs);
    }
  });

  it('are forgotten with the slot: its next owner’s first failure is the first', () => {
    const world = new SmallWorld({ slots: 2 });
    world.answer(fetchOf(world, 1), 'failed');
    world.advance(MS);
    world.answer(fetchOf(world, 1), 'failed');
    world.revoke(1);
    world.assign(1);
    world.answer(fetchOf(world, 1), 'failed');
    expect(world.retries).toEqual(['fetch 1', 'fetch 2', 'fetch 1']);
  });
});

describe('an answer of a broker', () => {
  it('that brought no records holds nothing, whatever bytes came', () => {
    const world = new SmallWorld({ ageNs: 1e12 });
    world.core.fetched(0, 0, 0, 61, 0);
    expect([world.core.heldBytes, world.core.drained, world.core.position(0)]).toEqual([0, true, 0]);
    expect(world.calls.at(-1)).toBe('fetch 0 from 0');
  });

  it('whose log ends before what was asked for is waited for: nothing is lost, nothing read again', () => {
    for (const logStart of [0, 5]) {
      const world = new SmallWorld();
      world.logEnd[0] = 5;
      world.answerFirst('fetch');
      world.pending.splice(fetchOf(world, 0), 1);
      const calls = world.calls.length;
      world.core.outOfRange(0, logStart, logStart, 0);
      expect(world.calls).toHaveLength(calls);
      expect(world.core.position(0)).toBe(5);
      world.advance(0.75 * MS);
      expect(world.calls.at(-1)).toBe('fetch 0 from 5');
      expect(world.retries).toEqual(['fetch 1']);
    }
  });
});

describe('a buffer without room for another fetch', () => {
  const young = { bytesMax: 1000, ageNs: 1e12, commitIntervalNs: 1e12 };

  it('waits for fetches on their way before it sends writes that are too young', () => {
    const world = new SmallWorld({ ...young, slots: 3, bufferBytesMax: 200 });
    world.logEnd.fill(3);
    expect(world.calls).toEqual(['fetch 0 from 0', 'fetch 1 from 0', 'paused 2']);
    world.answer(fetchOf(world, 0));
    expect(sent(world)).toEqual([]);
    world.answer(fetchOf(world, 1));
    expect(sent(world)).toEqual(['write 0:0-3 1:0-3 to 0, attempt 1']);
  });

  it('waits for writes in flight before it sends those that are too young', () => {
    const world = new SmallWorld({ ...young, bytesMax: 8 * RECORD_BYTES, bufferBytesMax: 150 });
    world.logEnd[0] = 10;
    world.answerFirst('fetch');
    expect(world.calls.slice(-2)).toEqual(['paused 0', 'write 0:0-8 to 0, attempt 1']);
    world.answerFirst('write', 'failed');
    world.advance(MS);
    expect(sent(world)).toEqual(['write 0:0-8 to 0, attempt 1', 'write 0:0-8 to 0, attempt 2']);
    world.answerFirst('write');
    expect(world.core.heldBytes).toBe(20);
  });

  it('asks for nothing more once the core closes', () => {
    const world = new SmallWorld({ slots: 2, bufferBytesMax: 0 });
    world.logEnd[0] = 3;
    world.answerFirst('fetch');
    world.core.close(world.nowNs);
    const calls = world.calls.length;
    while (world.pending.length > 0) world.answer(0);
    expect(world.calls.slice(calls).filter((call) => /fetch|resumed/.test(call))).toEqual([]);
    expect(world.core.drained).toBe(true);
  });
});
