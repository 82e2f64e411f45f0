/** What `network-partition.yaml` says of cuts one way and both ways, with idempotence and without. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';
import { Observer } from '../sim/model/observer.ts';

const CUT_ENDS_NS = (20 + 20) * 1_000_000_000;

/** Copies of what S3 gets, and of those stored twice: how many had been stored before the cut ended. */
function run(...sets: string[]) {
  const scenario = loadScenario(join(import.meta.dirname, 'network-partition.yaml'), { sets });
  const firstNs = new Map<number, number>();
  const twice = { firstDuringCut: 0, firstAfterCut: 0, againDuringCut: 0 };
  class Copies extends Observer {
    override appended(batch: number, _partition: number, _base: number, n: number, atNs: number): void {
      const endsNs = scenario.warmupNs + CUT_ENDS_NS;
      const first = firstNs.get(batch);
      if (first === undefined) firstNs.set(batch, atNs);
      else {
        if (first < endsNs) twice.firstDuringCut += n;
        else twice.firstAfterCut += n;
        if (atNs < endsNs) twice.againDuringCut += n;
      }
    }
    override freed(batch: number): void {
      firstNs.delete(batch);
    }
  }
  const simulation = new Simulation(scenario, { observe: new Copies() });
  simulation.advance();
  const { ledger } = simulation.finish();
  const copies = ledger.routes.find(({ sink }) => sink === 's3')!.duplicates['log-duplicate'] ?? 0;
  return { twice, copies, lost: ledger.lost, dropped: ledger.dropped };
}

describe('a cut of 20 s', () => {
  it('stores nothing twice with idempotence, one way or both', () => {
    for (const sets of [[], ['faults.0.oneWay=false']]) {
      expect(run(...sets)).toMatchObject({ copies: 0, lost: {}, dropped: {} });
    }
  });

  it('stores twice, without idempotence, what was on its way: first during the cut if answers alone are lost, else after it', () => {
    const answers = run('producers.policy.idempotence=off');
    const both = run('producers.policy.idempotence=off', 'faults.0.oneWay=false');
    expect(answers.copies).toBeGreaterThan(0);
    expect(both.copies).toBe(answers.copies);
    const again = { againDuringCut: 0 };
    expect(answers.twice).toEqual({ ...again, firstDuringCut: answers.copies, firstAfterCut: 0 });
    expect(both.twice).toEqual({ ...again, firstDuringCut: 0, firstAfterCut: both.copies });
  });
});
