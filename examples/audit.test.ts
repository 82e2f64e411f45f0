import { expect, it } from 'vitest';
import { audited } from './audit.ts';

it('two brokers of three hang: counts at both ends know what is lost and in which window, beats know of the brokers', async () => {
  const { receipt, stored, findings, news, saidLost } = await audited();
  const dropped = receipt.dropped['buffer-full']!;
  expect(dropped).toBeGreaterThan(0);
  const sum = (of: 'upstream' | 'downstream' | 'missing' | 'surplus') =>
    findings.reduce((total, each) => total + each[of], 0);
  expect(sum('upstream')).toBe(12_000);
  expect(sum('downstream')).toBe(stored);
  expect(sum('missing') - sum('surplus')).toBe(12_000 - stored);
  // Brokers hang from 5 s to 25 s: nothing is missing of what happened after it was over.
  expect(findings.filter(({ missing }) => missing > 0).map(({ window }) => window)).not.toContain(5);
  // What was given up without an answer counts as lost at the producer, and is in the log twice or once.
  expect(saidLost).toBe(dropped + receipt.unknown);
  // Known within interval and bound; alive again after the brokers are.
  const dead = news.filter(({ kind }) => kind === 'dead');
  expect(dead.length).toBeGreaterThan(0);
  for (const { atMs } of dead) expect(atMs - news[0]!.atMs).toBeLessThan(1_000);
  for (const { target } of dead) {
    expect(news.filter((each) => each.target === target).map(({ kind }) => kind)).toEqual(['dead', 'alive']);
  }
});
