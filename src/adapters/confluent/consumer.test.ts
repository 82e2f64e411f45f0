import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { ConsumedRecord, ConsumerHandler, TopicPartition } from '../../ports.ts';
import { FakeClient, nativeError } from './client.fixture.ts';
import { type ConfluentConsumerOptions, confluentConsumer } from './consumer.ts';

const at = (...partitions: number[]): TopicPartition[] => partitions.map((partition) => ({ topic: 't', partition }));
const message = (partition: number, offset: number) => ({
  topic: 't',
  partition,
  offset,
  value: Buffer.from(`${offset}`),
  headers: [{ a: 'x' }, { b: 'y' }],
});
const assigned = nativeError(-175);
const revoked = nativeError(-174);

/** A consumer that has been assigned partitions 0 and 1. Batches wait for `release`. */
async function running(more: Partial<ConfluentConsumerOptions> = {}) {
  const fake = new FakeClient();
  const port = confluentConsumer({ client: fake.client, config: { 'group.id': 'g' }, pollIdleMs: 1, ...more });
  const told: string[] = [];
  const records: ConsumedRecord[] = [];
  const held: (() => void)[] = [];
  const handler: ConsumerHandler = {
    batch: async ({ partition }, batch) => {
      told.push(`batch ${partition}: ${batch.map(({ offset }) => offset)}`);
      records.push(...batch);
      await new Promise<void>((resolve) => held.push(resolve));
    },
    assigned: (to) => told.push(`assigned ${to.map(({ partition }) => partition)}`),
    revoked: async (from) => {
      told.push(`revoked ${from.map(({ partition }) => partition)}`);
      await port.commit([{ topic: 't', partition: 0, offset: 5n }]);
    },
    error: ({ fatal, cause }) => told.push(`error ${fatal} ${(cause as Error).message}`),
  };
  void port.run(['t'], handler);
  const native = await vi.waitFor(() => {
    const [consumer] = fake.consumers;
    // Nothing is committed or assigned before.
    expect(consumer?.calls).toContain('subscribe t');
    return consumer!;
  });
  native.config.rebalance_cb(assigned, at(0, 1));
  return { port, native, handler, told, records, release: () => held.splice(0).forEach((each) => void each()) };
}

describe('records', () => {
  it('of one partition come in order, a batch at a time, in batches as large as waits', async () => {
    const { native, told, release } = await running();
    native.messages.push(message(0, 0), message(0, 1));
    await sleep(20);
    native.messages.push(message(0, 2), message(1, 9), message(0, 3));
    await sleep(20);
    await vi.waitFor(() => expect(told).toEqual(['assigned 0,1', 'batch 0: 0,1', 'batch 1: 9']));
    release();
    await sleep(20);
    await vi.waitFor(() => expect(told.slice(3)).toEqual(['batch 0: 2,3']));
  });

  it('have null for no key, bigint offsets and headers by name', async () => {
    const { native, records } = await running();
    native.messages.push(message(0, 7));
    await sleep(20);
    expect(records).toEqual([
      { key: null, value: Buffer.from('7'), timestampMs: 0, offset: 7n, headers: { a: 'x', b: 'y' } },
    ]);
  });

  it('that wait too long stop the fetching of their partition alone', async () => {
    const { native, told, release } = await running({ batchRecordsMax: 2 });
    native.messages.push(...Array.from({ length: 20 }, (_, offset) => message(0, offset)));
    await sleep(30);
    await vi.waitFor(() => expect(native.calls).toContain('pause 0'));
    await vi.waitFor(() => expect(native.messages.length).toBeGreaterThan(10));
    native.messages.push(message(1, 0));
    await sleep(20);
    await vi.waitFor(() => expect(told).toContain('batch 1: 0'));
    for (let n = 0; n < 40; n++) {
      release();
      await sleep(2);
    }
    expect(native.calls).toContain('resume 0');
  });

  it('wait while their partition is paused', async () => {
    const { port, native, told } = await running();
    port.pause(at(0));
    native.messages.push(message(0, 0), message(1, 0));
    await sleep(20);
    await vi.waitFor(() => expect(told).toEqual(['assigned 0,1', 'batch 1: 0']));
    port.resume(at(0));
    await sleep(20);
    await vi.waitFor(() => expect(told).toContain('batch 0: 0'));
  });

  it('whose handler fails end their partition: what comes after them must not be committed over them', async () => {
    const { native, handler, told } = await running();
    handler.batch = async () => {
      throw new Error('no');
    };
    native.messages.push(message(0, 0));
    await sleep(20);
    native.messages.push(message(0, 1));
    await sleep(20);
    await vi.waitFor(() => expect(told).toEqual(['assigned 0,1', 'error true no']));
  });
});

describe('a rebalance', () => {
  it('waits for the last commit', async () => {
    const { native, told } = await running();
    native.config.rebalance_cb(revoked, at(0, 1));
    expect(native.calls).not.toContain('unassign');
    await sleep(20);
    await vi.waitFor(() => expect(told).toContain('revoked 0,1'));
    await vi.waitFor(() => expect(native.calls.slice(-2)).toEqual(['commit 0@5', 'unassign']));
  });

  it('may take away a part', async () => {
    const { native, told } = await running();
    native.protocol = 'COOPERATIVE';
    native.config.rebalance_cb(revoked, at(1));
    await sleep(20);
    await vi.waitFor(() => expect(native.calls.at(-1)).toBe('incrementalUnassign 1'));
    native.messages.push(message(0, 0), message(1, 0));
    await sleep(20);
    await vi.waitFor(() => expect(told.slice(1)).toEqual(['revoked 1', 'batch 0: 0']));
  });
});

describe('a commit', () => {
  it('is done when the coordinator says so, not when it is on its way', async () => {
    const { port, native } = await running();
    native.commitFailure = undefined;
    let done = false;
    const commit = port.commit([{ topic: 't', partition: 0, offset: 1n }]).then(() => {
      done = true;
    });
    await sleep(20);
    expect(done).toBe(false);
    native.config.offset_commit_cb(null, [{ topic: 't', partition: 0, offset: 1 }]);
    await commit;
  });

  it('rejects when it did not take place', async () => {
    const { port, native } = await running();
    native.commitFailure = nativeError(22);
    await expect(port.commit([{ topic: 't', partition: 0, offset: 1n }])).rejects.toMatchObject({ code: 22 });
  });

  it('of one partition may fail alone', async () => {
    const { port, native } = await running();
    native.commitFailure = undefined;
    const commit = port.commit([{ topic: 't', partition: 0, offset: 1n }]);
    native.config.offset_commit_cb(null, [{ topic: 't', partition: 0, offset: 1, error: nativeError(25) }]);
    await expect(commit).rejects.toMatchObject({ code: 25 });
  });
});

describe('close', () => {
  it('lets the handler commit, then leaves', async () => {
    const { port, native, told } = await running();
    await port.close(1_000);
    expect(told.at(-1)).toBe('revoked 0,1');
    expect(native.calls.slice(-2)).toEqual(['commit 0@5', 'disconnect']);
    await expect(port.commit(at(0).map((each) => ({ ...each, offset: 1n })))).rejects.toThrow('not connected');
  });

  it('does not wait longer for a handler that never lets go: its partitions are given back all the same', async () => {
    const { port, native, handler } = await running();
    handler.revoked = () => new Promise(() => {});
    native.config.rebalance_cb(revoked, at(0, 1));
    await port.close(20);
    await sleep(10);
    await vi.waitFor(() => expect(native.calls).toContain('unassign'));
    await vi.waitFor(() => expect(native.calls).toContain('disconnect'));
  });

  it('takes no longer than its grace, and rejects commits that have no answer', async () => {
    const { port, native } = await running();
    native.commitFailure = undefined;
    const commit = port.commit([{ topic: 't', partition: 0, offset: 1n }]);
    commit.catch(() => {});
    await port.close(20);
    await expect(commit).rejects.toThrow('closed');
  });
});
