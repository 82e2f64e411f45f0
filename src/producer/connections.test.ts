import { describe, expect, it } from 'vitest';
import { Connections } from './connections.ts';
import { exponential } from './retry.ts';

const connections = (brokers: number) => {
  const made = new Connections(exponential({ retryBackoffNs: 10, retryBackoffMaxNs: 40, jitter: 0 }));
  made.reserve(brokers);
  return made;
};

describe('connections of producers to brokers', () => {
  it('wait longer after each refusal, until the broker answers', () => {
    const made = connections(3);
    expect(made.blockedUntilNs(1, 2)).toBe(0);
    for (const [nowNs, untilNs] of [
      [100, 110],
      [110, 130],
      [130, 170],
      [170, 210],
    ]) {
      made.refused(1, 2, nowNs);
      expect(made.blockedUntilNs(1, 2)).toBe(untilNs);
    }
    made.answered(1, 2);
    expect(made.blockedUntilNs(1, 2)).toBe(0);
    made.refused(1, 2, 300);
    expect(made.blockedUntilNs(1, 2)).toBe(310);
  });

  it('are each producer’s own', () => {
    const made = connections(3);
    made.refused(0, 1, 100);
    made.refused(1, 1, 200);
    made.addWaiting(0, 1, 2);
    made.addWaiting(2, 1, 5);
    const known = () => [0, 1, 2].map((producer) => [made.blockedUntilNs(producer, 1), made.waiting(producer, 1)]);
    const all = [
      [110, 2],
      [210, 0],
      [0, 5],
    ];
    expect(known()).toEqual(all);
    expect([made.blockedUntilNs(0, 0), made.waiting(0, 0)]).toEqual([0, 0]);
    made.answered(2, 1);
    expect(known()).toEqual(all);
    made.answered(0, 1);
    made.addWaiting(2, 1, -5);
    expect(known()).toEqual([
      [0, 2],
      [210, 0],
      [0, 0],
    ]);
  });

  it('keep what is known of them when brokers are added', () => {
    const made = connections(2);
    made.addWaiting(2, 1, 3);
    made.refused(1, 1, 100);
    for (const brokers of [2, 5, 4, 30]) {
      made.reserve(brokers);
      expect([made.waiting(2, 1), made.blockedUntilNs(1, 1)]).toEqual([3, 110]);
    }
    made.addWaiting(0, 29, 1);
    expect([made.waiting(0, 29), made.waiting(1, 29), made.waiting(0, 28)]).toEqual([1, 0, 0]);
  });

  it('count what waits up and down', () => {
    const made = connections(1);
    for (const [by, waiting] of [
      [1, 1],
      [2, 3],
      [-1, 2],
      [-2, 0],
      [1, 1],
    ]) {
      made.addWaiting(0, 0, by);
      expect(made.waiting(0, 0)).toBe(waiting);
    }
  });
});
