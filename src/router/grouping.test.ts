import { describe, expect, it } from 'vitest';
import { MS, RECORD_BYTES, SmallWorld } from './core.fixture.ts';

const old = 1e12;
const sent = (world: SmallWorld) => world.calls.filter((call) => call.startsWith('write'));

describe('a write', () => {
  it('goes as soon as it is full to the byte or to the record, whatever its age', () => {
    for (const full of [{ bytesMax: 5 * RECORD_BYTES }, { bytesMax: 1000, recordsMax: 5 }]) {
      const world = new SmallWorld({ ...full, ageNs: old });
      for (const end of [2, 5]) {
        expect(sent(world)).toEqual([]);
        world.logEnd[0] = end;
        world.answerFirst('fetch');
      }
      expect(sent(world)).toEqual(['write 0:0-5 to 0, attempt 1']);
    }
  });

  it('is never filled beyond its bytes: a record that does not fit begins the next', () => {
    const world = new SmallWorld({ bytesMax: 2.5 * RECORD_BYTES, ageNs: old, writesInFlightMax: 9 });
    world.logEnd[0] = 5;
    world.answerFirst('fetch');
    expect(sent(world)).toEqual(['write 0:0-2 to 0, attempt 1', 'write 0:2-4 to 0, attempt 1']);
    expect(world.core.heldBytes).toBe(50);
  });

  it('takes a record larger than itself alone', () => {
    const world = new SmallWorld({ bytesMax: 5, writesInFlightMax: 9 });
    world.logEnd[0] = 2;
    world.answerFirst('fetch');
    expect(sent(world)).toEqual(['write 0:0-1 to 0, attempt 1', 'write 0:1-2 to 0, attempt 1']);
  });

  it('of a slot that is given up goes at once where each slot has its own', () => {
    const world = new SmallWorld({ scope: 'partition', slots: 2, ageNs: old });
    world.logEnd.fill(2);
    world.answerFirst('fetch');
    world.answerFirst('fetch');
    expect(sent(world)).toEqual([]);
    world.revoke(0);
    expect(sent(world)).toEqual(['write 0:0-2 to 0, attempt 1']);
    world.revoke(1);
    expect(sent(world)).toEqual(['write 0:0-2 to 0, attempt 1', 'write 1:0-2 to 0, attempt 1']);
  });

  it('of a slot that is given up waits for others where it takes ranges of all', () => {
    const world = new SmallWorld({ slots: 2, ageNs: 5 * MS });
    world.logEnd.fill(2);
    world.answerFirst('fetch');
    world.revoke(0);
    expect(sent(world)).toEqual([]);
    world.answerFirst('fetch');
    world.advance(5 * MS);
    expect(sent(world)).toEqual(['write 0:0-2 1:0-2 to 0, attempt 1']);
  });

  it('that a closing core still gets goes at once', () => {
    const world = new SmallWorld({ ageNs: old });
    world.core.close(0);
    world.logEnd[0] = 2;
    world.answerFirst('fetch');
    expect(sent(world)).toEqual(['write 0:0-2 to 0, attempt 1']);
  });
});

it('a core that holds a write too young to go is not drained', () => {
  const world = new SmallWorld({ ageNs: old });
  expect(world.core.drained).toBe(true);
  world.logEnd[0] = 2;
  world.answerFirst('fetch');
  expect([world.core.drained, world.core.writesInFlight, world.core.heldBytes]).toEqual([false, 0, 20]);
});

describe('what a sink answers', () => {
  it('is dropped only when it will never take it, even by a policy that drops', () => {
    for (const result of ['rejected', 'failed'] as const) {
      const world = new SmallWorld({ refused: 'drop' });
      world.logEnd[0] = 2;
      world.answerFirst('fetch');
      world.answerFirst('write', result);
      world.advance(MS);
      expect(sent(world).at(-1)).toBe('write 0:0-2 to 0, attempt 2');
      world.answerFirst('write');
      expect(world.calls).not.toContain('refused by 0');
      expect(world.retries).toEqual([`${result} 1`]);
    }
  });

  it('is told to the retry policy by its reason', () => {
    const world = new SmallWorld({ writeTimeoutNs: 5 * MS, commitIntervalNs: 0 });
    world.logEnd[0] = 1;
    world.answerFirst('fetch');
    world.advance(5 * MS);
    expect(world.retries).toEqual(['timed-out 1']);
    world.advance(MS);
    world.answerFirst('write', 'refused');
    world.advance(2 * MS);
    world.answerFirst('write');
    world.advance(0);
    world.answerFirst('commit', 'failed');
    expect(world.retries).toEqual(['timed-out 1', 'refused 2', 'commit 1']);
  });
});

it('a call before the deadline does nothing', () => {
  const world = new SmallWorld({ slots: 2, commitIntervalNs: 10 * MS });
  world.logEnd[0] = 1;
  world.answerFirst('fetch');
  world.answerFirst('write');
  world.answerFirst('fetch', 'failed');
  world.advance(5 * MS);
  expect(world.core.deadline()).toBe(10 * MS);
  const calls = world.calls.length;
  world.core.onTime(9 * MS);
  expect(world.calls).toHaveLength(calls);
  world.core.onTime(10 * MS);
  expect(world.calls.at(-1)).toBe('commit 0 at 1');
});
