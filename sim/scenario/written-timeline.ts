/** The written form of what happens during a run and of what must hold after it. */
import * as z from 'zod';
import { bound, choice, count, duration, factor, group, optional, required, setting, share } from './setting.ts';
import { alertAssertionSchema } from './written-alerts.ts';
import { chaosSchemas } from './written-chaos.ts';
import { nameOf } from './written-cluster.ts';
import { hazardSchemas } from './written-hazards.ts';
import { moveSchemas } from './written-moves.ts';
import { networkFaults } from './written-network.ts';
import { operationSchemas } from './written-operations.ts';
import { zookeeperFaults } from './written-zookeeper.ts';

const at = () => required(duration(), 'When, counted from the end of the warm-up.');
const lasting = () => required(duration({ min: 1 }), 'How long.');
const cluster = () =>
  required(nameOf('a cluster', 'normal-1'), 'The cluster; the name of a template means all its clusters.');
const sink = () => required(nameOf('a sink', 's3'), 'The sink.');
const broker = () => setting(count(), 'Its number in the cluster, from 0.', 'the first', 0);
const disk = () =>
  setting(
    choice(['kept', 'lost']),
    'Whether it returns with what it had written, or with nothing.',
    'a process dies more often than a disk',
    'kept',
  );
const region = () => optional(nameOf('a region', 'main'), 'The region.', 'the first one');
const slowness = (what: string) =>
  setting(factor({ min: 1, max: 1000 }), `How many times slower its ${what} is.`, 'a convention', 1);

export const faultSchema = z.discriminatedUnion('kind', [
  group(
    z.strictObject({
      kind: z.literal('broker-kill'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      broker: broker(),
      disk: disk(),
    }),
    'The process of a broker dies and is started again. Its controller notices when the session has ended.',
  ),
  group(
    z.strictObject({
      kind: z.literal('broker-replace'),
      at: at(),
      for: setting(
        duration({ min: 1 }),
        'How long until the new machine is up.',
        'Netflix slides (Allen Wang): about 1 h',
        '1h',
      ),
      cluster: cluster(),
      broker: broker(),
    }),
    'A broker is killed, and another machine takes over its id with an empty disk: it copies all from the leaders.',
  ),
  group(
    z.strictObject({
      kind: z.literal('disk-full'),
      at: at(),
      for: required(duration({ min: 1 }), 'How long until there is space again.'),
      cluster: cluster(),
      broker: broker(),
      restart: setting(
        duration(),
        'How long from then until somebody has started the broker again: it does not do that by itself.',
        'a guess: an operator who was called because of it',
        '5min',
      ),
    }),
    'The disk of a broker is full. It fails to append and halts (AK LogManager.handleLogDirFailure: of its only log directory).',
  ),
  group(
    z.strictObject({
      kind: z.literal('broker-stop'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      broker: broker(),
    }),
    'A broker is shut down and returns: its leaders are moved before it stops (AK controlled.shutdown.enable).',
  ),
  group(
    z.strictObject({
      kind: z.literal('broker-hang'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      broker: broker(),
      session: setting(
        choice(['kept', 'lost']),
        'Whether its controller still hears it: then it stays leader of what it leads.',
        'the case that hurts: threads stand still, heartbeats go on',
        'kept',
      ),
    }),
    'A broker takes requests and answers none; it does afterwards, as far as anybody still waits.',
  ),
  group(
    z.strictObject({
      kind: z.literal('broker-slow'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      broker: broker(),
      cpu: slowness('processor'),
      disk: slowness('disk'),
      network: slowness('network card'),
    }),
    'A broker is slower than it should be.',
  ),
  group(
    z.strictObject({
      kind: z.literal('zone-kill'),
      at: at(),
      for: lasting(),
      region: region(),
      zone: required(count({ max: 25 }), 'Its number in the region, from 0.'),
      disk: disk(),
    }),
    'All brokers of a zone die at once and return together. Applications and routers stay.',
  ),
  group(
    z.strictObject({
      kind: z.literal('host-kill'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      host: setting(
        count(),
        'Its number in the cluster, from 0: hosts go round the zones, as brokers do.',
        'the first',
        0,
      ),
      disk: disk(),
    }),
    'All brokers on a physical host die at once and return together.',
  ),
  group(
    z.strictObject({ kind: z.literal('controller-kill'), at: at(), for: lasting(), cluster: cluster() }),
    'The controller of a cluster dies: with ZooKeeper that is a broker, which returns; with KRaft a node of its own.',
  ),
  ...zookeeperFaults,
  group(
    z.strictObject({
      kind: z.literal('rolling-restart'),
      at: at(),
      cluster: cluster(),
      down: setting(
        duration({ min: 1 }),
        'How long each broker is away.',
        'Netflix slides (Allen Wang): about 3 min',
        '3min',
      ),
    }),
    'One broker after the other is shut down and started, each when all copies of the one before are in sync again.',
  ),
  ...operationSchemas,
  group(
    z.strictObject({ kind: z.literal('leader-rebalance'), at: at(), cluster: cluster() }),
    'Every partition whose preferred leader is in sync is led by it again.',
  ),
  group(
    z.strictObject({ kind: z.literal('cluster-unreachable'), at: at(), for: lasting(), cluster: cluster() }),
    'Nobody reaches a cluster for a while.',
  ),
  ...networkFaults,
  group(
    z.strictObject({ kind: z.literal('sink-stop'), at: at(), for: lasting(), sink: sink() }),
    'A sink stops and returns.',
  ),
  ...chaosSchemas,
  ...moveSchemas,
  ...hazardSchemas,
  group(
    z.strictObject({
      kind: z.literal('router-crash'),
      at: at(),
      sink: sink(),
      container: setting(count(), 'Its number among the containers of the sink, from 0.', 'the first', 0),
    }),
    'A container dies and is relaunched from its last commit.',
  ),
  group(
    z.strictObject({
      kind: z.literal('router-stuck'),
      at: at(),
      for: lasting(),
      sink: sink(),
      container: setting(count(), 'Its number among the containers of the sink, from 0.', 'the first', 0),
    }),
    'A container does nothing but heartbeat. A group gives it up in time; without one nobody notices until it goes on.',
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
      metric: z.literal('only'),
      pipeline: required(choice(['old', 'new']), 'The pipeline that delivered them, of the two of a migration.'),
      atMost: recordsOrShare(),
    }),
    'Records that only one of two pipelines delivered by the end of the run.',
  ),
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
  alertAssertionSchema,
  group(
    z.strictObject({
      metric: z.literal('cpu'),
      quantile: setting(choice(['mean', 'p99', 'max']), 'Over the brokers.', 'a convention', 'max'),
      region: optional(nameOf('a region', 'us-east-1'), 'Whose brokers.', 'those of all regions'),
      atMost: required(share(), 'The bound, as a share of all cores of a broker.'),
    }),
    'Mean CPU use of brokers.',
  ),
]);
