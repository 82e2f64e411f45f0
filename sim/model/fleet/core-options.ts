import { byCredit, pauseWhenFull } from '../../../src/router/backpressure.ts';
import { commitEvery } from '../../../src/router/commit.ts';
import type { RouterCoreOptions } from '../../../src/router/core.ts';
import type { Grouping } from '../../../src/router/policy.ts';
import { exponentialRetry } from '../../../src/router/retry.ts';
import type { Scenario, SinkSpec } from '../../scenario/scenario.ts';
import type { Job } from './job.ts';

/** max.request.size of a Kafka producer (AK): no write to consumer Kafka is larger. */
const PRODUCE_BYTES_MAX = 1_048_576;
/** Age at which a bulk goes out though it is not full (guess: clients default to between 50 ms and several seconds). */
const BULK_AGE_NS = 1_000_000_000;
/** request.timeout.ms of a Kafka producer (AK). The other sinks always answer, however late, and need none. */
const PRODUCE_TIMEOUT_NS = 30_000_000_000;

/** All that the cores of a job have in common. */
export type JobOptions = Omit<RouterCoreOptions, 'slots' | 'draw'>;

export function jobOptions(scenario: Scenario, job: Job): JobOptions {
  const { spec } = job;
  const sinks = job.sinks.map((i) => scenario.sinks[i]);
  const credit = { bufferBytesMax: spec.bufferBytes, creditRecords: spec.credit };
  return {
    sinks: sinks.length,
    grouping: together(sinks.map(groupingOf)),
    writesInFlightMax: spec.writesInFlightMax,
    fetchBytesMax: spec.fetchBytesMax,
    writeTimeoutNs: sinks.some((sink) => sink.kind === 'kafka') ? PRODUCE_TIMEOUT_NS : Infinity,
    backpressure: spec.backpressure === 'credit' ? byCredit(credit) : pauseWhenFull(spec.bufferBytes),
    commit: commitEvery(spec.commitIntervalNs),
    retry: exponentialRetry({ backoffNs: spec.retryBackoffNs, backoffMaxNs: spec.retryBackoffMaxNs }),
  };
}

function groupingOf(sink: SinkSpec): Grouping {
  const scope = 'container';
  switch (sink.kind) {
    case 's3':
      return { scope, bytesMax: sink.fileBytes, recordsMax: Infinity, ageNs: sink.fileAgeNs };
    case 'elasticsearch':
      return { scope, bytesMax: sink.bulkBytes, recordsMax: sink.bulkRecords, ageNs: BULK_AGE_NS };
    case 'kafka':
      return { scope, bytesMax: PRODUCE_BYTES_MAX, recordsMax: Infinity, ageNs: 0 };
    case 'rate-limited':
      return { scope, bytesMax: Infinity, recordsMax: sink.batchRecords, ageNs: 0 };
  }
}

/** A write that goes to several sinks has to fit them all; it waits as long as the first of them would. */
function together(groupings: readonly Grouping[]): Grouping {
  return {
    scope: 'container',
    bytesMax: Math.min(...groupings.map((g) => g.bytesMax)),
    recordsMax: Math.min(...groupings.map((g) => g.recordsMax)),
    ageNs: groupings[0].ageNs,
  };
}
