import { afterAll, describe, expect, it } from 'vitest';
import { kafkaEnvironment } from './environment.ts';

const { cluster, topics } = kafkaEnvironment();

afterAll(() => topics.close());

describe('the brokers', () => {
  it('make, show and delete topics', async () => {
    const name = await topics.create('harness', { partitions: 3 });
    expect(await topics.leaders(name)).toHaveLength(3);
    expect(await topics.readBack(name)).toEqual([[], [], []]);
    await topics.delete(name);
    await topics.until(name, (leaders) => leaders.length === 0);
  });

  it.skipIf(cluster === null)(
    'run under a keeper, each in its own process, and say why one can not be started',
    async () => {
      for (const broker of cluster!.brokers) expect(broker.running).toBe(true);
      expect(new Set(cluster!.brokers.map(({ pid }) => pid)).size).toBe(3);
      await expect(cluster!.broker(1).start()).rejects.toThrow('broker 1 runs');
      expect(() => cluster!.broker(4)).toThrow('no broker 4');
    },
  );
});
