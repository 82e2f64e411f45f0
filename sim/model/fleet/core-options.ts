import { byCredit, pauseWhenFull } from '../../../src/router/backpressure.ts';
import { commitEvery } from '../../../src/router/commit.ts';
import type { RouterCoreOptions } from '../../../src/router/core.ts';
import type { Grouping } from '../../../src/router/policy.ts';
import { exponentialRetry } from '../../../src/router/retry.ts';
import { RollingCount, type ScalingPolicy } from '../../../src/router/scaling.ts';
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

/** Policies of one's own for the routers of a job, in place of those that the scenario names. */
export interface RouterPolicies
  extends Partial<
    Pick<
      JobOptions,
      'backpressure' | 'commit' | 'grouping' | 'reset' | 'retry' | 'writesInFlightMax' | 'writeTimeoutNs'
    >
  > {
  /**
   * Asked once for each job. It decides within the bounds and at the times of the scenario's `scaling`, and not at all
   * where that is fixed.
   */
  readonly scaling?: () => ScalingPolicy;
}

/** Which policies a job's routers get. */
export type RouterPoliciesOf = (job: { readonly topic: string; readonly sinks: readonly string[] }) => RouterPolicies;

export function policiesOf(scenario: Scenario, job: Job, own: RouterPoliciesOf | undefined): RouterPolicies {
  const topic = scenario.topics[job.topic].name;
  return own?.({ topic, sinks: job.sinks.map((sink) => scenario.sinks[sink].name) }) ?? {};
}

export function scalerOf(job: Job, own: RouterPolicies): ScalingPolicy | null {
  const { scaling } = job.spec;
  if (scaling === null || job.containersMin === job.containersMax) return null;
  if (own.scaling !== undefined) return within(own.scaling(), job);
  const { lagSecondsUp: up, lagSecondsDown: down, window, hits, cooldownNs } = scaling;
  const { containersMin, containersMax } = job;
  return new RollingCount({ containersMin, containersMax, up, down, window, hits, cooldownNs });
}

/** Containers are reserved in advance: whatever a policy asks for, it gets a whole number within those bounds. */
function within(policy: ScalingPolicy, { containersMin, containersMax }: Job): ScalingPolicy {
  return {
    name: policy.name,
    sample: (signal, containers, nowNs) => {
      const wanted = Math.round(policy.sample(signal, containers, nowNs));
      return Math.min(containersMax, Math.max(containersMin, wanted));
    },
  };
}

export function jobOptions(scenario: Scenario, job: Job, { scaling: _, ...own }: RouterPolicies): JobOptions {
  const { spec } = job;
  if (spec.group !== null && (own.commit?.upTo ?? spec.commitUpTo) === 'fetched') {
    const topic = scenario.topics[job.topic].name;
    throw new RangeError(
      `commits ahead of writes for ${topic}; expected commits of what is written, as its routers form a group`,
    );
  }
  const sinks = job.sinks.map((i) => scenario.sinks[i]);
  const credit = { bufferBytesMax: spec.bufferBytes, creditRecords: spec.credit };
  return {
    sinks: sinks.length,
    grouping: together(sinks.map(groupingOf)),
    writesInFlightMax: spec.writesInFlightMax,
    fetchBytesMax: spec.fetchBytesMax,
    writeTimeoutNs: sinks.some((sink) => sink.kind === 'kafka') ? PRODUCE_TIMEOUT_NS : Infinity,
    backpressure: spec.backpressure === 'credit' ? byCredit(credit) : pauseWhenFull(spec.bufferBytes),
    commit: commitEvery(spec.commitIntervalNs, spec.commitUpTo),
    retry: exponentialRetry({
      backoffNs: spec.retryBackoffNs,
      backoffMaxNs: spec.retryBackoffMaxNs,
      refused: spec.refused,
    }),
    reset: spec.reset,
    ...own,
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
