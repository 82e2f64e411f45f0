/** Scenarios about clusters that fail and are operated: each is run, holds what it asserts, and shows what it says. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunResult, simulate } from '../sim/index.ts';

const run = (file: string, ...sets: string[]): RunResult => simulate(join(import.meta.dirname, file), { sets });
const failed = ({ assertions }: RunResult): string[] => assertions.filter(({ ok }) => !ok).map(({ name }) => name);
const dropped = ({ ledger }: RunResult): number => Object.values(ledger.dropped).reduce((sum, n) => sum + n, 0);

describe('a leader that dies', () => {
  it('takes the tail that no follower has with it, unless producers wait for all copies', () => {
    const one = run('leader-dies.yaml');
    expect(failed(one)).toEqual([]);
    expect(one.ledger.lost['leader-lost']).toBeGreaterThan(20);
    expect(run('leader-dies.yaml', 'log.replicaFetchPause=1ms').ledger.lost['leader-lost'] ?? 0).toBeLessThan(10);
    expect(run('leader-dies.yaml', 'producers.policy.acks=all').ledger.lost).toEqual({});
  }, 60_000);

  it('is missed for longer with every partition, and longer still when it was the controller', () => {
    const controller = run('controller-failover.yaml');
    expect(failed(controller)).toEqual([]);
    const other = run('controller-failover.yaml', 'faults.0.broker=1');
    const fewer = run('controller-failover.yaml', 'topics.named.clicks.partitions=60');
    expect(dropped(other)).toBeLessThan(0.8 * dropped(controller));
    expect(dropped(fewer)).toBeLessThan(0.8 * dropped(controller));
  }, 60_000);

  it('is followed by whoever lacks records only if that is allowed', () => {
    const unclean = run('unclean-election.yaml');
    expect(failed(unclean)).toEqual([]);
    expect(unclean.ledger.lost['unclean-election']).toBeGreaterThan(1_000);
    const clean = run('unclean-election.yaml', 'log.uncleanElection=false');
    expect(clean.ledger.lost['unclean-election']).toBe(undefined);
    expect(clean.ledger.stored).toBeLessThan(unclean.ledger.stored - 10_000);
  }, 60_000);
});

describe('a minimum of copies in sync', () => {
  it('holds records back rather than keep them unsafely; leaders know batches again', () => {
    const held = run('min-insync.yaml');
    expect(failed(held)).toEqual([]);
    expect(held.brokers.produceLatencyMs.max).toBeGreaterThan(5_000);
    const twice = run('min-insync.yaml', 'producers.policy.idempotence=off');
    expect(failed(twice)).toEqual(['duplicates at s3, records']);
    expect(twice.ledger.duplicates.retry).toBeGreaterThan(0);
  }, 60_000);
});

describe('a broker', () => {
  it('that hangs answers nothing, and stores afterwards what was given up', () => {
    expect(failed(run('broker-hang.yaml'))).toEqual([]);
    expect(failed(run('broker-hang.yaml', 'faults.0.session=lost'))).toEqual([]);
    const twice = run('broker-hang.yaml', 'producers.policy.idempotence=off');
    expect(twice.ledger.duplicates.retry).toBeGreaterThan(0);
  }, 60_000);

  it('that is slow is waited for, and left behind', () => {
    const slow = run('broker-slow.yaml');
    expect(failed(slow)).toEqual([]);
    const fine = run('broker-slow.yaml', 'faults.0.network=2');
    expect(slow.brokers.produceLatencyMs.p99).toBeGreaterThan(2 * fine.brokers.produceLatencyMs.p99);
  }, 60_000);

  it.each(['broker-stop.yaml', 'broker-replace.yaml', 'rolling-restart.yaml'])(
    '%s goes as planned',
    (file) => {
      expect(failed(run(file))).toEqual([]);
    },
    60_000,
  );
});

describe('a zone that is lost', () => {
  it('takes what had both copies in it, which placement by zones rules out', () => {
    expect(failed(run('zone-down.yaml'))).toEqual([]);
    const plain = run('zone-down.yaml', 'clusters.normal.placement=plain');
    expect(failed(plain)).toContain('loss at elasticsearch, records');
    expect(plain.ledger.lost['disk-lost']).toBeGreaterThan(500);
  }, 60_000);
});
