import { AggregatorRegistry, Counter, type OpenMetricsContentType, Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DropCause } from '../../record.ts';
import { type Lived, live, start } from '../telemetry.fixture.ts';
import { FAMILIES } from './families.ts';
import { promClientMetrics } from './index.ts';

let lived: Lived;
let registry: Registry;

beforeEach(() => {
  lived = start();
  registry = new Registry();
});

/** Value by series, as a scraper reads them: `name{label="value",…}`. */
async function scrape(of: Pick<Registry, 'metrics'> = registry): Promise<Map<string, number>> {
  const lines = (await of.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const series = (name: string, labels = ''): string =>
  `spillway_producer_${name}{producer="default"${labels === '' ? '' : `,${labels}`}}`;

describe('what is scraped', () => {
  it('equals the receipt, line by line', async () => {
    promClientMetrics({ registry, producer: lived.producer });
    await live(lived);
    const scraped = await scrape();
    const { lines, ...total } = lived.producer.receipt();
    expect(Object.keys(total.dropped).sort()).toEqual(
      ['buffer-full', 'invalid', 'refused', 'retries-exhausted', 'too-large'].sort(),
    );
    expect([total.delivered, total.unknown, total.buffered].every((records) => records > 0)).toBe(true);
    for (const line of lines) {
      const whose = `topic="${line.topic}",class="${line.class}"`;
      expect(scraped.get(series('offered_records_total', whose))).toBe(line.offered);
      expect(scraped.get(series('delivered_records_total', whose))).toBe(line.delivered);
      expect(scraped.get(series('unknown_records_total', whose))).toBe(line.unknown);
      expect(scraped.get(series('buffered_records', whose))).toBe(line.buffered);
      expect(scraped.get(series('spilled_records', whose))).toBe(line.spilled);
      expect(scraped.get(series('replayed_records_total', whose))).toBe(line.replayed);
      for (const cause of ['buffer-full', 'evicted', 'refused', 'too-large'] as DropCause[])
        expect(scraped.get(series('dropped_records_total', `${whose},cause="${cause}"`))).toBe(
          line.dropped[cause] ?? 0,
        );
    }
    const offered = [...scraped].filter(([name]) => name.startsWith('spillway_producer_offered'));
    expect(offered.reduce((sum, [, value]) => sum + value, 0)).toBe(total.offered);
  });

  it('has histograms as Prometheus reads them: cumulated, in seconds, as many as records and calls', async () => {
    promClientMetrics({ registry, producer: lived.producer });
    await live(lived);
    const scraped = await scrape();
    const { requests, records } = lived.producer.snapshot();
    expect(scraped.get(series('request_duration_seconds_count'))).toBe(requests.latencyNs.count);
    expect(scraped.get(series('request_duration_seconds_sum'))).toBe(requests.latencyNs.sum / 1e9);
    expect(requests.latencyNs.sum).toBeGreaterThan(0);
    expect(scraped.get(series('request_records_sum'))).toBe(requests.records.sum);
    expect(scraped.get(series('buffer_time_seconds_count', 'fate="delivered"'))).toBe(records.delivered);
    const buckets = [...scraped].filter(([name]) => /buffer_time_seconds_bucket.*fate="delivered"/.test(name));
    const bounds = buckets.map(([name]) => /le="([^"]+)"/.exec(name)![1]);
    expect(bounds.slice(0, 4)).toEqual(['0.001', '0.0025', '0.005', '0.01']);
    expect(bounds.at(-1)).toBe('+Inf');
    const counts = buckets.map(([, value]) => value);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(records.delivered);
  });

  it('tells buffer, connections and calls', async () => {
    promClientMetrics({ registry, producer: lived.producer, name: 'events' });
    await live(lived);
    const scraped = await scrape();
    const { buffer, requests } = lived.producer.snapshot();
    const at = (name: string, more = '') => scraped.get(`spillway_producer_${name}{producer="events"${more}}`);
    expect(at('buffer_bytes')).toBe(buffer.bytes);
    expect(at('buffer_limit_bytes')).toBe(32 * 1024 * 1024);
    expect(at('buffer_fill_ratio')).toBe(buffer.fill);
    expect(at('connected', ',cluster="default"')).toBe(1);
    expect(at('requests_total', ',outcome="ok"')).toBe(requests.byOutcome.ok);
    expect(at('request_retries_total')).toBe(requests.retries);
    expect(requests.retries).toBeGreaterThan(0);
  });

  it('reads the producer once a scrape', async () => {
    let reads = 0;
    const snapshot = () => {
      reads++;
      return lived.producer.snapshot();
    };
    promClientMetrics({ registry, producer: { snapshot } });
    await scrape();
    await scrape();
    expect(reads).toBe(2);
  });

  it('is OpenMetrics where the registry is', async () => {
    const open = new Registry<OpenMetricsContentType>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    promClientMetrics({ registry: open, producer: lived.producer });
    await live(lived);
    for (let i = 0; i < 2; i++) {
      const text = await open.metrics();
      expect(text).toContain(
        '# TYPE spillway_producer_offered_records counter\nspillway_producer_offered_records_total{',
      );
      expect(text).not.toContain('_total_total');
      expect(text).toMatch(/# EOF\n$/);
    }
  });

  it('is put together over the workers of a cluster', async () => {
    promClientMetrics({ registry, producer: lived.producer });
    await live(lived);
    const worker = await registry.getMetricsAsJSON();
    const scraped = await scrape(AggregatorRegistry.aggregate([worker, worker]));
    const labels = 'topic="view",class="normal"';
    const one = await scrape();
    for (const name of [series('offered_records_total', labels), series('request_duration_seconds_count')])
      expect(scraped.get(name)).toBe(2 * one.get(name)!);
    expect(scraped.get(series('connected', 'cluster="default"'))).toBe(1);
  });
});

describe('series', () => {
  it('are bounded: topics beyond the limit are told together, and no count is lost', async () => {
    const { producer, clock } = lived;
    promClientMetrics({ registry, producer, topicsMax: 2 });
    for (let i = 0; i < 40; i++) {
      producer.send({ topic: `t${i % 20}`, value: 'v' });
      if (i % 10 === 9) await scrape();
    }
    await clock.advanceMs(100);
    const offered = [...(await scrape())].filter(([name]) => name.includes('offered_records_total'));
    expect(offered).toEqual([
      [series('offered_records_total', 'topic="t0",class="normal"'), 2],
      [series('offered_records_total', 'topic="t1",class="normal"'), 2],
      [series('offered_records_total', 'topic="other",class="normal"'), 36],
    ]);
  });

  it('have names, labels and help as Prometheus wants them', () => {
    for (const { name, type, help } of FAMILIES) {
      expect(name).toMatch(/^spillway_producer_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help).toMatch(/\.$/);
    }
    expect(new Set(FAMILIES.map(({ name }) => name)).size).toBe(FAMILIES.length);
  });
});

describe('registering', () => {
  it('lets several producers share a registry, by name, until they are closed', async () => {
    const first = promClientMetrics({ registry, producer: lived.producer, name: 'a' });
    const second = promClientMetrics({ registry, producer: start().producer, name: 'b' });
    expect(() => promClientMetrics({ registry, producer: lived.producer, name: 'a' })).toThrow(
      "name: expected one that no other producer of the registry has, got 'a'",
    );
    first.close();
    first.close();
    expect([...(await scrape()).keys()].filter((name) => name.includes('producer="a"'))).toEqual([]);
    expect((await scrape()).size).toBeGreaterThan(0);
    second.close();
    expect(await scrape()).toEqual(new Map());
    promClientMetrics({ registry, producer: lived.producer, name: 'a' });
    expect((await scrape()).size).toBeGreaterThan(0);
  });

  it('registers nothing when a metric of that name is somebody else’s', async () => {
    new Counter({ name: 'spillway_producer_requests_total', help: 'mine', registers: [registry] });
    expect(() => promClientMetrics({ registry, producer: lived.producer })).toThrow(
      'registry: a metric spillway_producer_requests_total is registered already, and not by spillway',
    );
    expect(registry.getMetricsAsArray()).toHaveLength(1);
  });

  it('refuses a limit that is none', () => {
    expect(() => promClientMetrics({ registry, producer: lived.producer, topicsMax: -1 })).toThrow(
      'topicsMax: expected a whole number ≥ 0, got -1',
    );
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('survives a registry that is cleared or reset', async () => {
    const { producer } = lived;
    const metrics = promClientMetrics({ registry, producer });
    producer.send({ topic: 't', value: 'v' });
    registry.resetMetrics();
    expect((await scrape()).get(series('offered_records_total', 'topic="t",class="normal"'))).toBe(1);
    registry.clear();
    metrics.close();
    promClientMetrics({ registry, producer });
    expect((await scrape()).size).toBeGreaterThan(0);
  });
});
