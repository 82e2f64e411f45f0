/** Counters and gauges of a producer, by the names of OpenTelemetry where it has any. */
import type { Attributes, BatchObservableCallback, Meter, Observable } from '@opentelemetry/api';
import type { ProducerSnapshot } from '../../producer/snapshot.ts';
import { DROP_CAUSES, type DropCause } from '../../record.ts';
import type { StreamCounts } from '../bounded-streams.ts';
import {
  CLUSTER,
  DESTINATION_NAME,
  DROP_CAUSE,
  ERROR_TYPE,
  RECORD_CLASS,
  REQUEST_OUTCOME,
  SENT_MESSAGES,
} from './attributes.ts';

/** Drops of records that had been sent, and refused: they are sent messages with an error, besides being dropped. */
const AFTER_SENDING: readonly DropCause[] = ['retries-exhausted', 'refused'];

export function observables(meter: Meter) {
  return {
    offered: meter.createObservableCounter('spillway.producer.offered.messages', {
      description: 'Records handed to send.',
      unit: '{message}',
    }),
    sent: meter.createObservableCounter(SENT_MESSAGES, {
      description: 'Records sent to the cluster whose fate is known: delivered without error.type, the rest with it.',
      unit: '{message}',
    }),
    dropped: meter.createObservableCounter('spillway.producer.dropped.messages', {
      description: 'Records known to be in no log, by cause.',
      unit: '{message}',
    }),
    buffered: meter.createObservableUpDownCounter('spillway.producer.buffer.message.usage', {
      description: 'Records in the buffer, those in flight included.',
      unit: '{message}',
    }),
    spilled: meter.createObservableUpDownCounter('spillway.producer.spill.message.usage', {
      description: 'Records on disk or on their way there, to be sent later.',
      unit: '{message}',
    }),
    replayed: meter.createObservableCounter('spillway.producer.replayed.messages', {
      description: 'Of the records offered, those that an earlier process had spilled.',
      unit: '{message}',
    }),
    recordsMax: meter.createObservableUpDownCounter('spillway.producer.buffer.message.limit', {
      description: 'Setting bufferRecordsMax.',
      unit: '{message}',
    }),
    bytes: meter.createObservableUpDownCounter('spillway.producer.buffer.usage', {
      description: 'Memory of the buffer in use, overheads included.',
      unit: 'By',
    }),
    bytesMax: meter.createObservableUpDownCounter('spillway.producer.buffer.limit', {
      description: 'Setting bufferBytesMax.',
      unit: 'By',
    }),
    fill: meter.createObservableGauge('spillway.producer.buffer.utilization', {
      description: 'Share of the buffer in use, by bytes or by records, whichever is more.',
      unit: '1',
    }),
    pressed: meter.createObservableGauge('spillway.producer.backpressure', {
      description: '1 from the moment the buffer is four fifths full until it is half empty.',
      unit: '1',
    }),
    connected: meter.createObservableGauge('spillway.producer.connected', {
      description: '1 while the cluster is connected.',
      unit: '1',
    }),
    requests: meter.createObservableCounter('spillway.producer.requests', {
      description: 'Calls of the Kafka client that it has settled, by outcome.',
      unit: '{request}',
    }),
    retries: meter.createObservableCounter('spillway.producer.request.retries', {
      description: 'Calls that carried a batch which an earlier call had tried to write.',
      unit: '{request}',
    }),
    inFlight: meter.createObservableUpDownCounter('spillway.producer.request.in_flight', {
      description: 'Calls that the client has not settled, those that hang included.',
      unit: '{request}',
    }),
  } satisfies Record<string, Observable>;
}

/** What the SDK calls when it collects. `operation` has what the conventions require of a sent message. */
export function observe(
  all: ReturnType<typeof observables>,
  { client, operation }: { client: Attributes; operation: Attributes },
  read: () => { snapshot: ProducerSnapshot; streams: readonly StreamCounts[] },
): BatchObservableCallback {
  return (result) => {
    const { snapshot, streams } = read();
    for (const stream of streams) {
      // A record whose topic could not be read has no destination.
      const topic = stream.topic === '' ? {} : { [DESTINATION_NAME]: stream.topic };
      const whose: Attributes = { ...topic, [RECORD_CLASS]: stream.class };
      result.observe(all.offered, stream.offered, { ...client, ...whose });
      result.observe(all.buffered, stream.buffered, { ...client, ...whose });
      result.observe(all.spilled, stream.spilled, { ...client, ...whose });
      result.observe(all.replayed, stream.replayed, { ...client, ...whose });
      result.observe(all.sent, stream.delivered, { ...operation, ...whose });
      result.observe(all.sent, stream.unknown, { ...operation, ...whose, [ERROR_TYPE]: 'unknown' });
      for (const cause of DROP_CAUSES) {
        const records = stream.dropped[cause];
        result.observe(all.dropped, records, { ...client, ...whose, [DROP_CAUSE]: cause });
        if (AFTER_SENDING.includes(cause)) {
          result.observe(all.sent, records, { ...operation, ...whose, [ERROR_TYPE]: cause });
        }
      }
    }
    const { buffer, requests, clusters } = snapshot;
    result.observe(all.recordsMax, buffer.recordsMax, client);
    result.observe(all.bytes, buffer.bytes, client);
    result.observe(all.bytesMax, buffer.bytesMax, client);
    result.observe(all.fill, buffer.fill, client);
    result.observe(all.pressed, buffer.pressed ? 1 : 0, client);
    for (const { name, connected } of clusters) {
      result.observe(all.connected, connected ? 1 : 0, { ...client, [CLUSTER]: name });
    }
    for (const [outcome, calls] of Object.entries(requests.byOutcome)) {
      result.observe(all.requests, calls, { ...client, [REQUEST_OUTCOME]: outcome });
    }
    result.observe(all.retries, requests.retries, client);
    result.observe(all.inFlight, requests.inFlight, client);
  };
}
