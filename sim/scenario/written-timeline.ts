/** The written form of what happens during a run and of what must hold after it. */
import * as z from 'zod';
import { bound, choice, count, duration, group, optional, required, setting, share } from './setting.ts';
import { nameOf } from './written-cluster.ts';

const at = () => required(duration(), 'When, counted from the end of the warm-up.');
const lasting = () => required(duration({ min: 1 }), 'How long.');
const cluster = () =>
  required(nameOf('a cluster', 'normal-1'), 'The cluster; the name of a template means all its clusters.');
const sink = () => required(nameOf('a sink', 's3'), 'The sink.');

export const faultSchema = z.discriminatedUnion('kind', [
  group(
    z.strictObject({
      kind: z.literal('broker-stop'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      broker: setting(count(), 'Its number in the cluster, from 0.', 'the first', 0),
    }),
    'A broker stops and returns.',
  ),
  group(
    z.strictObject({ kind: z.literal('cluster-unreachable'), at: at(), for: lasting(), cluster: cluster() }),
    'Nobody reaches a cluster for a while.',
  ),
  group(
    z.strictObject({ kind: z.literal('sink-stop'), at: at(), for: lasting(), sink: sink() }),
    'A sink stops and returns.',
  ),
  group(
    z.strictObject({
      kind: z.literal('router-crash'),
      at: at(),
      sink: sink(),
      container: setting(count(), 'Its number among the containers of the sink, from 0.', 'the first', 0),
    }),
    'A container dies and is relaunched from its last commit.',
  ),
  group(z.strictObject({ kind: z.literal('checkpoint-store-down'), at: at(), for: lasting() }), 'Commits fail.'),
  group(
    z.strictObject({ kind: z.literal('desired-state-store-down'), at: at(), for: lasting() }),
    'No container is launched or scaled.',
  ),
]);

const recordsOrShare = () => required(bound(['share']), 'The bound: records, or a share of what was offered.');
const anySink = () => optional(nameOf('a sink', 's3'), 'The sink.', 'all of them');

export const assertionSchema = z.discriminatedUnion('metric', [
  group(
    z.strictObject({ metric: z.literal('loss'), sink: anySink(), atMost: recordsOrShare() }),
    'Records that never reach the sink.',
  ),
  group(
    z.strictObject({ metric: z.literal('duplicates'), sink: anySink(), atMost: recordsOrShare() }),
    'Records that reach the sink again.',
  ),
  group(z.strictObject({ metric: z.literal('dropped'), atMost: recordsOrShare() }), 'Records that producers drop.'),
  group(
    z.strictObject({
      metric: z.literal('lag'),
      sink: sink(),
      atMost: required(bound(['duration']), 'The bound: records, or the age of the oldest.'),
      when: setting(choice(['max', 'end']), 'The worst of the run, or what is left at its end.', 'a convention', 'max'),
    }),
    'What is stored and not delivered yet.',
  ),
  group(
    z.strictObject({
      metric: z.literal('latency'),
      sink: sink(),
      quantile: setting(choice(['mean', 'p50', 'p99', 'p999', 'max']), 'Which latency.', 'a convention', 'p99'),
      atMost: required(duration(), 'The bound.'),
    }),
    'From the event in the application to the sink.',
  ),
  group(
    z.strictObject({
      metric: z.literal('cpu'),
      quantile: setting(choice(['mean', 'p99', 'max']), 'Over the brokers.', 'a convention', 'max'),
      atMost: required(share(), 'The bound, as a share of all cores of a broker.'),
    }),
    'Mean CPU use of brokers.',
  ),
]);
