import { expect, it } from 'vitest';
import { ALERT_DEFAULTS } from '../../src/audit/alert-rules.ts';
import type { Spell } from '../measure/spells.ts';
import { measureAlert } from './alert-verdict.ts';
import { alertsReport } from './alerts.ts';

const S = 1e9;
const spell = (from: number, until: number): Spell => ({ fromNs: from * S, untilNs: until * S });
const report = (raised: readonly Spell[], truth: readonly Spell[]) =>
  alertsReport(
    {
      spec: { intervalNs: S, rules: ALERT_DEFAULTS },
      looks: 100,
      subjects: (rule) => (rule === 'offline' ? ['normal'] : []),
      spells: () => ({ raised, truth }),
    },
    { warmupNs: 0, nowNs: 100 * S },
  );
const bound = { kind: 'cleared-within', ns: 5 * S } as const;
const cleared = (...of: Parameters<typeof report>) =>
  measureAlert({ metric: 'alert', rule: 'offline', subject: null, bound }, report(...of), 100);

it('an alert over several times of trouble is held against the first of them and the last', () => {
  const twice = [spell(10, 20), spell(40, 50)];
  expect(report([spell(12, 53)], twice).raised[0]!.truth).toEqual({ fromSeconds: 10, untilSeconds: 50 });
  expect(cleared([spell(12, 53)], twice)).toMatchObject({ observed: 3, ok: true });
  expect(cleared([spell(12, 56)], twice)).toMatchObject({ observed: 6, ok: false });
  expect(report([spell(12, 100)], [spell(10, 20), spell(40, Infinity)]).raised[0]!.truth!.untilSeconds).toBeNull();
});
