/**
 * A producer's metrics on an OpenTelemetry meter. Counters and gauges are read off `producer.snapshot()` when the SDK
 * collects; durations and sizes are recorded by call and by batch, never by record. `@opentelemetry/api` is never
 * imported: the meter is handed in.
 */
import type { Attributes, Meter } from '@opentelemetry/api';
import type { BatchNews, RequestNews } from '../../producer/news.ts';
import type { Producer } from '../../producer/producer.ts';
import { BoundedTopics, TOPICS_MAX_DEFAULT } from '../bounded-streams.ts';
import {
  CLIENT_ID,
  DESTINATION_NAME,
  DURATION_BOUNDS_SECONDS,
  ERROR_TYPE,
  FATE,
  OPERATION_DURATION,
  OPERATION_NAME,
  OPERATION_TYPE,
  SYSTEM,
} from './attributes.ts';
import { observables, observe } from './observables.ts';

export interface OpenTelemetryMetricsOptions {
  /** From any MeterProvider of the API 1.9 or later. */
  readonly meter: Meter;
  readonly producer: Pick<Producer, 'snapshot' | 'on' | 'off'>;
  /** Attribute `messaging.client.id`: tells several producers of a process apart. Default: none. */
  readonly name?: string;
  /** Topics told by name; further ones together, as `other`. Default 100. */
  readonly topicsMax?: number;
}

export interface OpenTelemetryMetrics {
  /** No more is observed of the producer. Let the SDK collect before. */
  close(): void;
}

const NS_PER_SECOND = 1e9;
const KIB = 1_024;

/** Tells a meter of a producer until it is closed. */
export function openTelemetryMetrics(options: OpenTelemetryMetricsOptions): OpenTelemetryMetrics {
  const { meter, producer, name, topicsMax = TOPICS_MAX_DEFAULT } = options;
  const topics = new BoundedTopics(topicsMax);
  const client: Attributes = name === undefined ? {} : { [CLIENT_ID]: name };
  const operation: Attributes = { ...client, [SYSTEM]: 'kafka', [OPERATION_NAME]: 'send' };

  const all = observables(meter);
  const callback = observe(all, { client, operation }, () => {
    const snapshot = producer.snapshot();
    return { snapshot, streams: topics.streams(snapshot.streams) };
  });
  meter.addBatchObservableCallback(callback, Object.values(all));

  const duration = meter.createHistogram(OPERATION_DURATION, {
    description: 'Duration of one produce call of the Kafka client.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...DURATION_BOUNDS_SECONDS] },
  });
  const messages = meter.createHistogram('spillway.producer.request.messages', {
    description: 'Records a produce call.',
    unit: '{message}',
    advice: { explicitBucketBoundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] },
  });
  const size = meter.createHistogram('spillway.producer.request.size', {
    description: 'Bytes a produce call: payload times compressionRatio.',
    unit: 'By',
    advice: { explicitBucketBoundaries: [1, 2, 4, 8, 16, 32, 64, 256, 1_024].map((kib) => kib * KIB) },
  });
  const age = meter.createHistogram('spillway.producer.batch.duration', {
    description: "From a batch's first record until the fate of the batch is known; one a batch.",
    unit: 's',
    advice: { explicitBucketBoundaries: [0.001, 0.0025, ...DURATION_BOUNDS_SECONDS, 30, 60, 120] },
  });

  const destination = (topic: string): Attributes => ({ [DESTINATION_NAME]: topics.nameOf(topic) });
  const onRequest = ({ topic, outcome, latencyNs, records, bytes }: RequestNews): void => {
    const at = destination(topic);
    const error = outcome === 'ok' ? {} : { [ERROR_TYPE]: outcome };
    duration.record(latencyNs / NS_PER_SECOND, { ...operation, [OPERATION_TYPE]: 'send', ...at, ...error });
    messages.record(records, { ...client, ...at });
    size.record(bytes, { ...client, ...at });
  };
  const onBatch = ({ topic, fate, ageNs }: BatchNews): void => {
    age.record(ageNs / NS_PER_SECOND, { ...client, ...destination(topic), [FATE]: fate });
  };
  producer.on('request', onRequest);
  producer.on('batch', onBatch);
  return {
    close: () => {
      meter.removeBatchObservableCallback(callback, Object.values(all));
      producer.off('request', onRequest);
      producer.off('batch', onBatch);
    },
  };
}
