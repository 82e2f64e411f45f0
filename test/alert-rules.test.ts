/** The rules for Prometheus ask for series that are exported, and say what the library's own defaults say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { FAMILIES } from '../src/adapters/prom-client/families.ts';
import { ALERT_DEFAULTS } from '../src/audit/alert-rules.ts';
import { ROOT } from './installed.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for?: string;
}
const file = parse(readFileSync(join(ROOT, 'dashboards/spillway-alerts.yml'), 'utf8')) as {
  groups: { rules: Rule[] }[];
};
const rules = file.groups.flatMap((group) => group.rules);

it.each(rules)('$alert asks for what is there', ({ expr }) => {
  let errors = 0;
  const metrics: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, from, to, type }) => {
      if (type.isError) errors++;
      if (name === 'VectorSelector') metrics.push(/^\w+/.exec(expr.slice(from, to))![0]);
    },
  });
  expect(errors).toBe(0);
  expect(metrics.length).toBeGreaterThan(0);
  for (const metric of metrics) expect(FAMILIES.map(({ name }) => name)).toContain(metric);
});

it('drops as the board has them by default', () => {
  const { above, windowNs, forNs, clearForNs } = ALERT_DEFAULTS.drops;
  const minutes = (ns: number) => `${ns / 60e9}m`;
  const rule = rules.find(({ alert }) => alert === 'SpillwayDrops')!;
  expect(rule.expr).toMatch(new RegExp(`> ${above}\\s*$`));
  expect(new Set(rule.expr.match(/\[\w+\]/g))).toEqual(new Set([`[${minutes(windowNs)}]`]));
  expect([rule.for, rule.keep_firing_for]).toEqual([minutes(forNs), minutes(clearForNs)]);
});
