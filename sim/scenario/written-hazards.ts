/** The written form of what breaks around the brokers. */
import * as z from 'zod';
import { byteRate, choice, count, duration, factor, group, optional, required, setting, share } from './setting.ts';
import { nameOf } from './written-cluster.ts';

const at = () => required(duration(), 'When, counted from the end of the warm-up.');
const lasting = () => required(duration({ min: 1 }), 'How long.');
const cluster = () =>
  required(nameOf('a cluster', 'normal-1'), 'The cluster; the name of a template means all its clusters.');
const sink = () => required(nameOf('a sink', 's3'), 'The sink.');
/** Beyond it a server has next to nothing left: that is `broker-hang`. */
export const SHARE_MAX = 0.99;
/** A day: what is off by more is noticed by whatever else goes by the clock, such as certificates. A guess. */
const SKEW_MAX_NS = 86_400_000_000_000;
const taken = (what: string) =>
  setting(share({ max: SHARE_MAX }), `Share of each broker's ${what} that is taken.`, 'a convention: none', '0%');

export const hazardSchemas = [
  group(
    z.strictObject({
      kind: z.literal('sink-reject'),
      at: at(),
      for: lasting(),
      sink: sink(),
      share: required(share(), 'Of the writes: each is turned down by a draw of its own.'),
      manner: setting(
        choice(['retriable', 'for-good']),
        'retriable: not now, a retry draws again. for-good: never; `router.refused` says what becomes of such a write.',
        'T16: Elasticsearch takes less than it is sent, and says 429',
        'retriable',
      ),
    }),
    'A sink turns writes down.',
  ),
  group(
    z.strictObject({
      kind: z.literal('sink-slow'),
      at: at(),
      for: lasting(),
      sink: sink(),
      rate: setting(factor({ min: 1, max: 1e6 }), 'How many times less it takes a second.', 'a convention', 1),
      latency: setting(factor({ min: 1, max: 1e6 }), 'How many times longer it takes beside that.', 'a convention', 1),
    }),
    'A sink is slower than it should be, for what it accepts from then on. Consumer Kafka is as slow as its brokers.',
  ),
  group(
    z.strictObject({
      kind: z.literal('noisy-neighbour'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      host: setting(count(), 'Its number in the cluster, from 0.', 'the first', 0),
      cpu: taken('processor'),
      disk: taken('disk'),
      network: taken('network card'),
    }),
    'Somebody else on a physical host takes a share of what its brokers have: they are 1 ÷ (1 − share) times slower.',
  ),
  group(
    z.strictObject({
      kind: z.literal('cold-reader'),
      at: at(),
      for: lasting(),
      cluster: cluster(),
      broker: setting(count(), 'Its number in the cluster, from 0.', 'the first', 0),
      rate: required(byteRate({ min: 1 }), 'Bytes a second that it reads.'),
    }),
    'A consumer that starts from the beginning reads cold data off a broker: it takes its part of disk, card and cores.',
  ),
  group(
    z.strictObject({
      kind: z.literal('surge'),
      at: at(),
      for: lasting(),
      factor: required(
        factor({ min: 0, max: 1000 }),
        'How many times more is written; below 1 less, 0 nothing. Surges that overlap multiply, and so does `traffic.shape`.',
      ),
      topic: optional(nameOf('a topic', 'play'), 'Only this one; in each region, if it is in several.', 'all topics'),
      class: optional(choice(['low', 'normal', 'high']), 'Only topics of this class.', 'all classes'),
      region: optional(nameOf('a region', 'main'), 'Only what is written in this region.', 'all regions'),
    }),
    'Applications write more for a while, or less.',
  ),
  group(
    z.strictObject({
      kind: z.literal('clock-skew'),
      at: at(),
      for: lasting(),
      region: optional(
        nameOf('a region', 'main'),
        'Only its applications.',
        'all regions; the first one if `zone` is set',
      ),
      zone: optional(count({ max: 25 }), 'Only those in this zone of the region, by its number.', 'all zones'),
      by: required(duration({ min: 1, max: SKEW_MAX_NS }), 'How far their clocks are off.'),
      direction: setting(
        choice(['ahead', 'behind']),
        'Whether records are stamped too late or too early.',
        'a convention',
        'ahead',
      ),
    }),
    'Clocks of applications are off: records made meanwhile are stamped with another time, by which auditors count them.',
  ),
  group(
    z.strictObject({
      kind: z.literal('router-host-crash'),
      at: at(),
      host: setting(count(), 'Its number, from 0.', 'the first', 0),
      containersPerHost: setting(
        count({ min: 1 }),
        'Containers on a host: those of one job are on different hosts as far as possible.',
        'T16: 13,000 containers on 1,300 hosts',
        10,
      ),
    }),
    'A host of routers dies: all its containers are relaunched from their last commits.',
  ),
  group(
    z.strictObject({
      kind: z.literal('collector-kill'),
      at: at(),
      for: lasting(),
      collector: setting(count(), 'Its number, from 0: those of the first region come first.', 'the first', 0),
      disk: setting(
        choice(['kept', 'lost']),
        'Whether it returns with the files that it had written.',
        'a process dies more often than a disk',
        'kept',
      ),
    }),
    'A collector of the pipeline that is being replaced dies, and what it held in memory; it is started again.',
  ),
] as const;
