/** The Grafana dashboard asks for what the prom-client adapter exports, in PromQL that parses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../src/adapters/prom-client/families.ts';
import { promClientMetrics } from '../src/adapters/prom-client/index.ts';
import { live, start } from '../src/adapters/telemetry.fixture.ts';
import { ROOT } from './installed.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly thresholds: { readonly steps: readonly { readonly value: number | null }[] } };
  };
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
}

const dashboard = JSON.parse(readFileSync(join(ROOT, 'dashboards/spillway-producer.json'), 'utf8')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = panels.flatMap(({ title, targets }) => targets!.map(({ expr }) => ({ title, expr })));

/** Names under which the adapter's series are scraped. */
const EXPORTED = new Set(
  FAMILIES.flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`) : [name],
  ),
);

/** Metrics an expression selects, the labels it uses, and what doesn't parse. */
function read(expr: string): { metrics: string[]; labels: string[]; errors: number } {
  // Grafana fills its variables in before Prometheus sees the query.
  const query = expr.replaceAll('$__rate_interval', '5m');
  const metrics: string[] = [];
  const labels: string[] = [];
  let errors = 0;
  parser.parse(query).iterate({
    enter: ({ name, type, from, to, node }) => {
      if (type.isError) errors++;
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push(query.slice(from, to));
      if (name === 'LabelName') labels.push(query.slice(from, to));
    },
  });
  return { metrics, labels, errors };
}

/** Labels by series name, as scraped from a producer that has done everything; the scraper adds job and instance. */
async function labelsScraped(): Promise<Map<string, Set<string>>> {
  const registry = new Registry();
  const lived = start();
  promClientMetrics({ registry, producer: lived.producer });
  await live(lived);
  const labels = new Map<string, Set<string>>();
  for (const [, name, given] of (await registry.metrics()).matchAll(/^(\w+)\{(.*)\} /gm)) {
    const names = [...given.matchAll(/(\w+)="/g)].map(([, label]) => label);
    labels.set(name, new Set([...(labels.get(name) ?? []), ...names, 'job', 'instance']));
  }
  return labels;
}

describe('the dashboard', () => {
  it('selects and groups by labels that the series have', async () => {
    const scraped = await labelsScraped();
    for (const { expr } of expressions) {
      const { metrics, labels } = read(expr);
      const had = new Set(metrics.flatMap((metric) => [...scraped.get(metric)!]));
      for (const label of labels) expect(had, expr).toContain(label);
    }
  });

  it.each(expressions)('$title: $expr', ({ expr }) => {
    const { metrics, errors } = read(expr);
    expect(errors).toBe(0);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect(EXPORTED).toContain(metric);
  });

  it('shows every metric that there is', () => {
    const shown = new Set(expressions.flatMap(({ expr }) => read(expr).metrics));
    const missing = FAMILIES.filter(({ name }) => ![...shown].some((metric) => metric.startsWith(name)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('has one data source, chosen by whoever imports it', () => {
    const [first, ...others] = dashboard.templating.list;
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    for (const panel of panels) {
      const uids = [panel.datasource!, ...panel.targets!.map(({ datasource }) => datasource)].map(({ uid }) => uid);
      expect(new Set(uids)).toEqual(new Set([`\${datasource}`]));
    }
    for (const { definition } of others)
      expect(EXPORTED).toContain(/^label_values\((\w+), \w+\)$/.exec(definition!)![1]);
    const names = new Set(dashboard.templating.list.map(({ name }) => name));
    for (const { expr } of expressions)
      for (const [, used] of expr.matchAll(/\$(\w+)/g)) if (!used.startsWith('__')) expect(names).toContain(used);
  });

  it('has panels that Grafana can place: ids apart, inside 24 columns, none over another', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x} ${y}`), `${title} lies over another panel`).toBeUndefined();
          taken.set(`${x} ${y}`, title);
        }
      }
    }
    for (const { targets } of panels) {
      const refs = targets!.map(({ refId }) => refId);
      expect(new Set(refs).size).toBe(refs.length);
    }
    expect(dashboard).toMatchObject({ uid: 'spillway-producer', title: expect.any(String), schemaVersion: 39 });
  });

  it('draws the line at 1 % of loss', () => {
    const loss = panels.filter(({ title }) => /^(Lost|Loss)/.test(title));
    expect(loss).toHaveLength(3);
    for (const { fieldConfig } of loss)
      expect(fieldConfig!.defaults.thresholds.steps.map(({ value }) => value)).toEqual([null, 0.01]);
  });
});
