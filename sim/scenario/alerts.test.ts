import { expect, it } from 'vitest';
import { ALERT_DEFAULTS } from '../../src/audit/alert-rules.ts';
import { buildAlerts } from './alerts.ts';
import type { ParsedScenario } from './written.ts';
import { alertsSchema } from './written-alerts.ts';

it('a scenario that says nothing of its alerts has the defaults of the library', () => {
  const written = alertsSchema.parse({}) as NonNullable<ParsedScenario['alerts']>;
  expect(buildAlerts(written).rules).toEqual(ALERT_DEFAULTS);
});
