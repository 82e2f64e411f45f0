import type { AlertRules } from '../../src/audit/alert-rules.ts';

/** Who looks at the world's counters, how often, and what it raises alerts by. */
export interface AlertsSpec {
  readonly intervalNs: number;
  readonly rules: AlertRules;
}
