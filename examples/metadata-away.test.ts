/** Applications that start before anybody tells them who leads. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type RunResult, simulate } from '../sim/index.ts';

const run = (...sets: string[]): RunResult => simulate(join(import.meta.dirname, 'metadata-away.yaml'), { sets });

it('buffer, drop what does not fit, and go on by themselves', () => {
  const bounded = run();
  expect(bounded.assertions.filter(({ ok }) => !ok)).toEqual([]);
  expect(Object.keys(bounded.ledger.dropped)).toEqual(['buffer-full']);
  const roomy = run('producers.policy.buffer=64MiB');
  expect(roomy.ledger.dropped).toEqual({});
  expect(roomy.ledger.stored + roomy.ledger.inFlight).toBe(roomy.ledger.offered);
  const silent = run('faults.0.how=silent');
  expect(silent.ledger.dropped['buffer-full']!).toBeGreaterThan(bounded.ledger.dropped['buffer-full']!);
}, 60_000);

it('do so alike in both fidelities', () => {
  const sets = ['run.for=20s', 'traffic.rate=300/s'];
  const [record, request] = ['record', 'request'].map((fidelity) => run(...sets, `run.fidelity=${fidelity}`).ledger);
  expect(request).toEqual(record);
}, 60_000);
