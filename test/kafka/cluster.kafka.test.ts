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

  it.skipIf(cluster === null)('lose their leader to kill −9 and to SIGSTOP, elect others, and come back', async () => {
    const name = await topics.create('harness', { assignment: [[1, 2, 3]] });
    expect(await topics.leaders(name)).toEqual([1]);
    await cluster!.broker(1).kill9();
    await topics.until(name, ([leader]) => leader === 2);
    cluster!.broker(2).sigstop();
    await cluster!
      .broker(1)
      .start()
      .catch(() => {});
    await topics.until(name, ([leader]) => leader === 3 || leader === 1);
    await cluster!.heal();
    await topics.until(name, ([leader]) => leader > 0);
    for (const broker of cluster!.brokers) expect(broker.running).toBe(true);
  });
});
