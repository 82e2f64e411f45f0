import type { SinkSpec } from '../../scenario/scenario.ts';
import { BulkSink } from './bulk-sink.ts';
import { S3 } from './s3.ts';
import type { SinkModel } from './sink.ts';

/** The model of a sink; null for consumer Kafka, which is a cluster of its own. */
export function makeSink(spec: SinkSpec): SinkModel | null {
  switch (spec.kind) {
    case 's3':
      return new S3(spec);
    case 'elasticsearch':
      return new BulkSink(spec);
    case 'rate-limited':
      return new BulkSink({ ...spec, queueMax: Infinity, refreshNs: 0 });
    case 'kafka':
      return null;
  }
}
