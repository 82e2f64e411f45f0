import {
  AggregationTemporality,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DROP_CAUSES } from '../../record.ts';
import { type Lived, live, start } from '../telemetry.fixture.ts';
import * as attributes from './attributes.ts';
import { openTelemetryMetrics } from './index.ts';

let lived: Lived;
let exporter: InMemoryMetricExporter;
let provider: MeterProvider;

beforeEach(() => {
  lived = start();
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // Exports when it is told to: an hour is longer than any test.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  provider = new MeterProvider({ readers: [reader] });
});
afterEach(() => provider.shutdown());

/** What arrived at the exporter last. */
async function exported(): Promise<Map<string, MetricData>> {
  exporter.reset();
  await provider.forceFlush();
  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
}

function values(metric: MetricData | undefined): [Record<string, unknown>, number][] {
  return (metric?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value as number]);
}

const sum = (
  metric: MetricData | undefined,
  which: (attributes: Record<string, unknown>) => boolean = () => true,
): number => values(metric).reduce((total, [attributes, value]) => (which(attributes) ? total + value : total), 0);

describe('what is exported', () => {
  it('equals the receipt, by topic, class and cause', async () => {
    openTelemetryMetrics({ meter: provider.getMeter('test'), producer: lived.producer });
    await live(lived);
    const metrics = await exported();
    const { lines } = lived.producer.receipt();
    expect(lines.length).toBe(4);
    for (const line of lines) {
      const mine = (given: Record<string, unknown>) =>
        (given[attributes.DESTINATION_NAME] ?? '') === line.topic && given[attributes.RECORD_CLASS] === line.class;
      expect(sum(metrics.get('spillway.producer.offered.messages'), mine)).toBe(line.offered);
      expect(sum(metrics.get('spillway.producer.buffer.message.usage'), mine)).toBe(line.buffered);
      expect(sum(metrics.get('spillway.producer.spill.message.usage'), mine)).toBe(line.spilled);
      expect(sum(metrics.get('spillway.producer.replayed.messages'), mine)).toBe(line.replayed);
      for (const cause of DROP_CAUSES) {
        const why = (given: Record<string, unknown>) => mine(given) && given[attributes.DROP_CAUSE] === cause;
        expect(sum(metrics.get('spillway.producer.dropped.messages'), why)).toBe(line.dropped[cause] ?? 0);
      }
      const sent = metrics.get('messaging.client.sent.messages');
      const by = (error?: string) => sum(sent, (given) => mine(given) && given[attributes.ERROR_TYPE] === error);
      expect(by()).toBe(line.delivered);
      expect(by('unknown')).toBe(line.unknown);
      expect(by('refused')).toBe(line.dropped.refused ?? 0);
      expect(by('retries-exhausted')).toBe(line.dropped['retries-exhausted'] ?? 0);
    }
  });

  it('has a duration for each call, in seconds, and its sizes', async () => {
    openTelemetryMetrics({ meter: provider.getMeter('test'), producer: lived.producer, name: 'events' });
    await live(lived);
    await lived.clock.advanceMs(100);
    const metrics = await exported();
    const { requests } = lived.producer.snapshot();
    const duration = metrics.get('messaging.client.operation.duration') as HistogramMetricData;
    const counts = duration.dataPoints.map(({ value }) => value.count);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(requests.latencyNs.count);
    const seconds = duration.dataPoints.reduce((total, { value }) => total + (value.sum ?? 0), 0);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeCloseTo(requests.latencyNs.sum / 1e9, 9);
    expect(duration.dataPoints[0].value.buckets.boundaries).toEqual([...attributes.DURATION_BOUNDS_SECONDS]);
    expect(duration.dataPoints[0].attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'view',
      'messaging.client.id': 'events',
    });
    const outcomes = new Set(duration.dataPoints.map((point) => point.attributes['error.type']));
    expect(outcomes).toEqual(new Set([undefined, 'refused', 'unknown']));
    const records = metrics.get('spillway.producer.request.messages') as HistogramMetricData;
    expect(records.dataPoints.reduce((total, { value }) => total + (value.sum ?? 0), 0)).toBe(requests.records.sum);
    const ages = metrics.get('spillway.producer.batch.duration') as HistogramMetricData;
    expect(new Set(ages.dataPoints.map((point) => point.attributes[attributes.FATE]))).toEqual(
      new Set(['delivered', 'dropped', 'unknown']),
    );
  });

  it('tells buffer and connection as gauges and limits', async () => {
    openTelemetryMetrics({ meter: provider.getMeter('test'), producer: lived.producer });
    await live(lived);
    const metrics = await exported();
    const { buffer } = lived.producer.snapshot();
    expect(values(metrics.get('spillway.producer.buffer.usage'))).toEqual([[{}, buffer.bytes]]);
    expect(values(metrics.get('spillway.producer.buffer.limit'))).toEqual([[{}, buffer.bytesMax]]);
    expect(values(metrics.get('spillway.producer.buffer.utilization'))).toEqual([[{}, buffer.fill]]);
    expect(values(metrics.get('spillway.producer.connected'))).toEqual([[{ 'spillway.cluster': 'default' }, 1]]);
  });

  it('is bounded: topics beyond the limit are told together, also in durations', async () => {
    const { producer, clock } = lived;
    openTelemetryMetrics({ meter: provider.getMeter('test'), producer, topicsMax: 2 });
    await clock.advanceMs(100);
    for (let i = 0; i < 40; i++) producer.send({ topic: `t${i % 20}`, value: 'v' });
    await clock.advanceMs(100);
    const metrics = await exported();
    const [sent, calls] = ['messaging.client.sent.messages', 'messaging.client.operation.duration'].map((name) => {
      const points: { attributes: Record<string, unknown> }[] = metrics.get(name)!.dataPoints;
      return [...new Set(points.map((point) => point.attributes['messaging.destination.name']))].sort();
    });
    expect(sent).toHaveLength(3);
    expect(sent).toContain('other');
    expect(calls).toEqual(sent);
    expect(sum(metrics.get('messaging.client.sent.messages'))).toBe(40);
  });
});

describe('closing', () => {
  it('ends it, and leaves the producer without listeners', async () => {
    const { producer } = lived;
    const metrics = openTelemetryMetrics({ meter: provider.getMeter('test'), producer });
    await live(lived);
    expect(producer.listenerCount('request')).toBe(1);
    metrics.close();
    expect(producer.listenerCount('request') + producer.listenerCount('batch')).toBe(0);
    const before = sum((await exported()).get('spillway.producer.offered.messages'));
    producer.send({ topic: 'view', value: 'v' });
    expect(sum((await exported()).get('spillway.producer.offered.messages'))).toBe(before);
  });
});

describe('names', () => {
  it('are those of the semantic conventions', () => {
    expect(attributes.SENT_MESSAGES).toBe(conventions.METRIC_MESSAGING_CLIENT_SENT_MESSAGES);
    expect(attributes.OPERATION_DURATION).toBe(conventions.METRIC_MESSAGING_CLIENT_OPERATION_DURATION);
    expect(attributes.SYSTEM).toBe(conventions.ATTR_MESSAGING_SYSTEM);
    expect(attributes.OPERATION_NAME).toBe(conventions.ATTR_MESSAGING_OPERATION_NAME);
    expect(attributes.OPERATION_TYPE).toBe(conventions.ATTR_MESSAGING_OPERATION_TYPE);
    expect(attributes.DESTINATION_NAME).toBe(conventions.ATTR_MESSAGING_DESTINATION_NAME);
    expect(attributes.CLIENT_ID).toBe(conventions.ATTR_MESSAGING_CLIENT_ID);
    expect(attributes.ERROR_TYPE).toBe(conventions.ATTR_ERROR_TYPE);
    expect(conventions.MESSAGING_SYSTEM_VALUE_KAFKA).toBe('kafka');
    expect(conventions.MESSAGING_OPERATION_TYPE_VALUE_SEND).toBe('send');
  });

  it('begin with spillway where there is no convention', async () => {
    openTelemetryMetrics({ meter: provider.getMeter('test'), producer: lived.producer });
    await live(lived);
    const known = [attributes.SENT_MESSAGES, attributes.OPERATION_DURATION];
    const own = [...(await exported()).keys()].filter((name) => !known.includes(name as never));
    expect(own.filter((name) => !/^spillway\.producer\.[a-z_.]+$/.test(name))).toEqual([]);
    expect(own.length).toBeGreaterThan(10);
  });
});
