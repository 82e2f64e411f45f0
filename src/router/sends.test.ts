import { describe, expect, it } from 'vitest';
import { MS, RECORD_BYTES, SmallWorld } from './core.fixture.ts';

/** One record a write, so that each offset is a write of its own. */
const oneByOne = { bytesMax: RECORD_BYTES, commitIntervalNs: 1e12 };
const write = (world: SmallWorld, sink: number, from = 0) =>
  world.pending.findIndex((p) => p.kind === 'write' && p.sink === sink && p.ranges[0][1] === from);
const sent = (world: SmallWorld) => world.calls.filter((call) => call.startsWith('write'));

describe('the sends of a shared job', () => {
  it('count the attempts of each write at each sink', () => {
    const world = new SmallWorld({ ...oneByOne, sinks: 2 });
    world.logEnd[0] = 2;
    world.answerFirst('fetch');
    world.answer(write(world, 1, 1), 'failed');
    world.advance(MS);
    world.answer(write(world, 1, 1), 'failed');
    world.answer(write(world, 0, 1), 'failed');
    world.advance(2 * MS);
    expect(sent(world).slice(4)).toEqual([
      'write 0:1-2 to 1, attempt 2',
      'write 0:1-2 to 0, attempt 2',
      'write 0:1-2 to 1, attempt 3',
    ]);
  });

  it('begin anew with the first attempt, whatever the write before them went through', () => {
    const world = new SmallWorld({ ...oneByOne, sinks: 2, writesInFlightMax: 1 });
    world.logEnd[0] = 2;
    world.answerFirst('fetch');
    for (const sink of [0, 1]) {
      world.answer(write(world, sink), 'failed');
      world.advance(MS);
      world.answer(write(world, sink));
    }
    expect(sent(world).slice(-2)).toEqual(['write 0:1-2 to 0, attempt 1', 'write 0:1-2 to 1, attempt 1']);
    world.answer(write(world, 0, 1));
    world.answer(write(world, 1, 1));
    world.logEnd[0] = 3;
    world.answerFirst('fetch');
    expect(sent(world).slice(-2)).toEqual(['write 0:2-3 to 0, attempt 1', 'write 0:2-3 to 1, attempt 1']);
  });

  it('leave a place free only once every sink has the write', () => {
    const world = new SmallWorld({ ...oneByOne, sinks: 3, writesInFlightMax: 1 });
    world.logEnd[0] = 2;
    world.answerFirst('fetch');
    for (const sink of [2, 0]) world.answer(write(world, sink));
    expect(world.core.writesInFlight).toBe(1);
    expect(sent(world)).toHaveLength(3);
    world.answer(write(world, 1));
    expect(sent(world).slice(3)).toEqual([0, 1, 2].map((sink) => `write 0:1-2 to ${sink}, attempt 1`));
  });

  it('wait for the credit of their own sink, in the order they came', () => {
    const world = new SmallWorld({ ...oneByOne, sinks: 3, writesInFlightMax: 9, creditRecords: 1 });
    world.logEnd[0] = 4;
    world.answerFirst('fetch');
    expect(sent(world)).toEqual([0, 1, 2].map((sink) => `write 0:0-1 to ${sink}, attempt 1`));
    expect([0, 1, 2].map((sink) => world.core.creditOf(sink))).toEqual([0, 0, 0]);
    world.grant(1, 2);
    expect(sent(world).slice(3)).toEqual(['write 0:1-2 to 1, attempt 1', 'write 0:2-3 to 1, attempt 1']);
    world.grant(2, 5);
    expect(sent(world).slice(5)).toEqual([1, 2, 3].map((from) => `write 0:${from}-${from + 1} to 2, attempt 1`));
    expect([0, 1, 2].map((sink) => world.core.creditOf(sink))).toEqual([0, 0, 2]);
  });

  it('need no credit where the policy asks for none', () => {
    const world = new SmallWorld({ sinks: 2 });
    expect([world.core.creditOf(0), world.core.creditOf(1)]).toEqual([Infinity, Infinity]);
  });
});

describe('sends without an answer', () => {
  it('are each given up at their own time, and the deadline is the first of these', () => {
    const world = new SmallWorld({ ...oneByOne, writeTimeoutNs: 50 * MS });
    world.logEnd[0] = 1;
    world.answerFirst('fetch');
    world.advance(20 * MS);
    world.logEnd[0] = 2;
    world.answerFirst('fetch');
    expect(world.core.deadline()).toBe(50 * MS);
    // Too early: nothing is given up, and the deadline stays.
    world.core.onTime(49 * MS);
    expect(world.core.deadline()).toBe(50 * MS);
    world.nowNs = 49 * MS;
    world.advance(1 * MS);
    expect(world.calls.slice(-1)).toEqual(['gave up on 0']);
    // The first waits 0.75 ms for its second attempt; the other still has 20 ms.
    expect(world.core.deadline()).toBe(50.75 * MS);
    world.advance(1 * MS);
    expect(world.core.deadline()).toBe(70 * MS);
    world.advance(19 * MS);
    expect(world.calls.slice(-2)).toEqual(['write 0:0-1 to 0, attempt 2', 'gave up on 0']);
    world.advance(1 * MS);
    expect(sent(world).at(-1)).toBe('write 0:1-2 to 0, attempt 2');
  });

  it('are given up together when their time passes together, each at the sinks that have not answered', () => {
    const world = new SmallWorld({ ...oneByOne, sinks: 2, writesInFlightMax: 3, writeTimeoutNs: 50 * MS });
    world.logEnd[0] = 3;
    world.answerFirst('fetch');
    world.answer(write(world, 0, 1));
    world.answer(write(world, 1, 2));
    world.advance(50 * MS);
    const calls = world.calls.filter((call) => call.startsWith('gave up'));
    expect(calls).toEqual(['gave up on 0', 'gave up on 1', 'gave up on 1', 'gave up on 0']);
    world.advance(1 * MS);
    expect(sent(world).slice(6)).toEqual([
      'write 0:0-1 to 0, attempt 2',
      'write 0:2-3 to 0, attempt 2',
      'write 0:0-1 to 1, attempt 2',
      'write 0:1-2 to 1, attempt 2',
    ]);
  });
});
