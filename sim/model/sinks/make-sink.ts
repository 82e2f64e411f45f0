import type { SinkSpec } from '../../scenario/scenario.ts';
import { Elasticsearch } from './elasticsearch.ts';
import { RateLimited } from './rate-limited.ts';
import { S3 } from './s3.ts';
import type { SinkModel } from './sink.ts';

/** The model of a sink; null for consumer Kafka, which is a cluster of its own. */
export function makeSink(spec: SinkSpec): SinkModel | null {
  switch (spec.kind) {
    case 's3':
      return new S3(spec);
    case 'elasticsearch':
      return new Elasticsearch(spec);
    case 'rate-limited':
      return new RateLimited(spec);
    case 'kafka':
      return null;
  }
}
