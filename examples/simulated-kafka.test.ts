import { expect, it } from 'vitest';
import { outage } from './simulated-kafka.ts';

it('two brokers of three hang: the application is warned seconds before the first drop, and every click is accounted for', async () => {
  const { receipt, stored, warnedAtMs } = await outage();
  expect(receipt.balanced).toBe(true);
  expect(receipt.offered).toBe(12_000);
  expect(receipt.dropped['buffer-full']).toBeGreaterThan(0);
  expect(receipt.delivered + receipt.unknown).toBe(12_000 - receipt.dropped['buffer-full']!);
  expect(stored).toBeGreaterThanOrEqual(receipt.delivered);
  expect(warnedAtMs).toBeGreaterThan(5_000);
  expect(warnedAtMs).toBeLessThan(20_000);
  // The same the second time, record by record.
  expect(await outage()).toEqual({ receipt, stored, warnedAtMs });
});
