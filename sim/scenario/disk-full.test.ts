import { describe, expect, it } from 'vitest';
import { simulate } from '../simulate.ts';
import { resolveScenario, type Written } from './index.ts';

const world = (faults: Written['faults']): Written => ({
  extends: 'laptop',
  run: { warmup: '1s', for: '8s' },
  traffic: { rate: '300/s' },
  faults,
});

describe('a full disk', () => {
  it('takes its broker away until it is restarted, as a kill of that length does', () => {
    const full = { kind: 'disk-full', cluster: 'normal', broker: 1, at: '2s', for: '1s', restart: '2s' } as const;
    const kill = { kind: 'broker-kill', cluster: 'normal', broker: 1, at: '2s', for: '3s' } as const;
    const [one, other] = [full, kill].map((fault) => simulate(world([fault])));
    expect(one!.ledger).toEqual(other!.ledger);
    expect(one!.digest).toBe(other!.digest);
    expect(one!.struck).toMatchObject([{ kind: 'broker-kill', by: 'disk-full', target: 'normal/1', forSeconds: 3 }]);
  });

  it('waits five minutes for an operator unless told otherwise, and asks for a broker that there is', () => {
    const full = { kind: 'disk-full', cluster: 'normal', broker: 2, at: '2s', for: '1s' } as const;
    expect(resolveScenario(world([full])).faults).toMatchObject([{ forNs: 301e9 }]);
    expect(() => resolveScenario(world([{ ...full, broker: 3 }]))).toThrow(
      /faults\.0\.broker|faults\[0\]\.broker.*0 to 2/,
    );
  });
});
