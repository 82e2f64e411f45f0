/** The application developer's page names every metric and every cause of a drop that there is, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Meter, metrics } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { openTelemetryMetrics } from '../src/adapters/opentelemetry/index.ts';
import { FAMILIES } from '../src/adapters/prom-client/families.ts';
import { start } from '../src/adapters/telemetry.fixture.ts';
import { DROP_CAUSES } from '../src/record.ts';
import { ROOT } from './installed.ts';

const page = readFileSync(join(ROOT, 'docs/application.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\| (`messaging|`spillway\.|the same)/.test(line));
const cells = (column: number): string[] =>
  rows.flatMap((row) => [...row.split('|')[column].matchAll(/`([a-z._]+)`/g)].map(([, name]) => name));

it('metrics for Prometheus', () => {
  const told = new Set(cells(2).map((name) => `spillway_producer_${name}`));
  expect([...told].sort()).toEqual(FAMILIES.map(({ name }) => name).sort());
});

it('metrics for OpenTelemetry', () => {
  const created: string[] = [];
  const meter = new Proxy(metrics.getMeter('none'), {
    get: (target, property: keyof Meter) => {
      if (!property.startsWith('create')) return target[property];
      return (name: string, options: object) => {
        created.push(name);
        return (target[property] as (name: string, options: object) => unknown).call(target, name, options);
      };
    },
  });
  openTelemetryMetrics({ meter, producer: start().producer }).close();
  const told = new Set(cells(1).filter((name) => /^(messaging|spillway)\./.test(name)));
  expect([...told].sort()).toEqual(created.sort());
});

it('causes of drops', () => {
  const [, table] = page.split(/^\| cause .*\n/m);
  const told = table.split('\n\n')[0].matchAll(/^\| `([a-z-]+)`/gm);
  expect([...told].map(([, cause]) => cause).sort()).toEqual([...DROP_CAUSES].sort());
});
