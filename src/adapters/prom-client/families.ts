/** What a producer's snapshot says in Prometheus' terms: base units, `_total` for counters, cumulated buckets. */
import type { HistogramSnapshot } from '../../histogram.ts';
import type { ProducerSnapshot } from '../../producer/snapshot.ts';
import { DROP_CAUSES } from '../../record.ts';
import type { StreamCounts } from '../bounded-streams.ts';

/** One producer at one scrape. */
export interface Reading {
  readonly snapshot: ProducerSnapshot;
  readonly streams: readonly StreamCounts[];
}

export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** How prom-client puts the workers of a Node cluster together. */
  readonly aggregator: 'sum' | 'min' | 'max';
  read(reading: Reading): Sample[];
}

const NS_PER_SECOND = 1e9;
const about = ({ topic, class: serviceClass }: StreamCounts) => ({ topic, class: serviceClass });

function perStream(value: (stream: StreamCounts) => number): Family['read'] {
  return ({ streams }) => streams.map((stream) => ({ value: value(stream), labels: about(stream) }));
}

function single(value: (snapshot: ProducerSnapshot) => number): Family['read'] {
  return ({ snapshot }) => [{ value: value(snapshot), labels: {} }];
}

function histogram({ bounds, counts, count, sum }: HistogramSnapshot, unit: number, labels = {}): Sample[] {
  let below = 0;
  const buckets = bounds.map((bound, i) => {
    below += counts[i];
    return { value: below, labels: { ...labels, le: String(bound / unit) }, suffix: '_bucket' };
  });
  return [
    ...buckets,
    { value: count, labels: { ...labels, le: '+Inf' }, suffix: '_bucket' },
    { value: sum / unit, labels, suffix: '_sum' },
    { value: count, labels, suffix: '_count' },
  ];
}

export const FAMILIES: readonly Family[] = [
  {
    name: 'spillway_producer_offered_records_total',
    type: 'counter',
    help: 'Records handed to send.',
    aggregator: 'sum',
    read: perStream(({ offered }) => offered),
  },
  {
    name: 'spillway_producer_delivered_records_total',
    type: 'counter',
    help: 'Records acknowledged by the cluster as asked for.',
    aggregator: 'sum',
    read: perStream(({ delivered }) => delivered),
  },
  {
    name: 'spillway_producer_unknown_records_total',
    type: 'counter',
    help: 'Records sent and given up without an answer: in a log or not.',
    aggregator: 'sum',
    read: perStream(({ unknown }) => unknown),
  },
  {
    name: 'spillway_producer_dropped_records_total',
    type: 'counter',
    help: 'Records known to be in no log, by cause.',
    aggregator: 'sum',
    read: ({ streams }) =>
      streams.flatMap((stream) =>
        DROP_CAUSES.map((cause) => ({ value: stream.dropped[cause], labels: { ...about(stream), cause } })),
      ),
  },
  {
    name: 'spillway_producer_buffered_records',
    type: 'gauge',
    help: 'Records in the buffer, those in flight included.',
    aggregator: 'sum',
    read: perStream(({ buffered }) => buffered),
  },
  {
    name: 'spillway_producer_spilled_records',
    type: 'gauge',
    help: 'Records on disk or on their way there, to be sent later.',
    aggregator: 'sum',
    read: perStream(({ spilled }) => spilled),
  },
  {
    name: 'spillway_producer_replayed_records_total',
    type: 'counter',
    help: 'Of the records offered, those that an earlier process had spilled.',
    aggregator: 'sum',
    read: perStream(({ replayed }) => replayed),
  },
  {
    name: 'spillway_producer_buffer_records_limit',
    type: 'gauge',
    help: 'Setting bufferRecordsMax.',
    aggregator: 'sum',
    read: single(({ buffer }) => buffer.recordsMax),
  },
  {
    name: 'spillway_producer_buffer_bytes',
    type: 'gauge',
    help: 'Memory of the buffer in use, overheads included.',
    aggregator: 'sum',
    read: single(({ buffer }) => buffer.bytes),
  },
  {
    name: 'spillway_producer_buffer_limit_bytes',
    type: 'gauge',
    help: 'Setting bufferBytesMax.',
    aggregator: 'sum',
    read: single(({ buffer }) => buffer.bytesMax),
  },
  {
    name: 'spillway_producer_buffer_fill_ratio',
    type: 'gauge',
    help: 'Share of the buffer in use, by bytes or by records, whichever is more.',
    aggregator: 'max',
    read: single(({ buffer }) => buffer.fill),
  },
  {
    name: 'spillway_producer_backpressure',
    type: 'gauge',
    help: '1 from the moment the buffer is four fifths full until it is half empty.',
    aggregator: 'max',
    read: single(({ buffer }) => (buffer.pressed ? 1 : 0)),
  },
  {
    name: 'spillway_producer_connected',
    type: 'gauge',
    help: '1 while the cluster is connected.',
    aggregator: 'min',
    read: ({ snapshot }) =>
      snapshot.clusters.map(({ name, connected }) => ({ value: connected ? 1 : 0, labels: { cluster: name } })),
  },
  {
    name: 'spillway_producer_requests_total',
    type: 'counter',
    help: 'Calls of the Kafka client that it has settled, by outcome.',
    aggregator: 'sum',
    read: ({ snapshot }) =>
      Object.entries(snapshot.requests.byOutcome).map(([outcome, value]) => ({ value, labels: { outcome } })),
  },
  {
    name: 'spillway_producer_request_retries_total',
    type: 'counter',
    help: 'Calls that carried a batch which an earlier call had tried to write.',
    aggregator: 'sum',
    read: single(({ requests }) => requests.retries),
  },
  {
    name: 'spillway_producer_requests_in_flight',
    type: 'gauge',
    help: 'Calls that the client has not settled, those that hang included.',
    aggregator: 'sum',
    read: single(({ requests }) => requests.inFlight),
  },
  {
    name: 'spillway_producer_request_duration_seconds',
    type: 'histogram',
    help: 'From a call of the client to its answer.',
    aggregator: 'sum',
    read: ({ snapshot }) => histogram(snapshot.requests.latencyNs, NS_PER_SECOND),
  },
  {
    name: 'spillway_producer_request_records',
    type: 'histogram',
    help: 'Records a call.',
    aggregator: 'sum',
    read: ({ snapshot }) => histogram(snapshot.requests.records, 1),
  },
  {
    name: 'spillway_producer_request_bytes',
    type: 'histogram',
    help: 'Bytes a call: payload times compressionRatio.',
    aggregator: 'sum',
    read: ({ snapshot }) => histogram(snapshot.requests.bytes, 1),
  },
  {
    name: 'spillway_producer_buffer_time_seconds',
    type: 'histogram',
    help: 'From send until the fate of a record was known, by fate; records that were not admitted are not counted.',
    aggregator: 'sum',
    read: ({ snapshot }) =>
      Object.entries(snapshot.timeInBufferNs).flatMap(([fate, times]) => histogram(times, NS_PER_SECOND, { fate })),
  },
];
