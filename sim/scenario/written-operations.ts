/** The written form of what an operator does to a running world. */
import * as z from 'zod';
import { byteRate, choice, count, duration, group, optional, required, setting, UNLIMITED } from './setting.ts';
import { CLASS_NAMES, nameOf } from './written-cluster.ts';
import { quotaBounds } from './written-producer.ts';

const at = () => required(duration(), 'When, counted from the end of the warm-up.');
const cluster = () =>
  required(nameOf('a cluster', 'normal'), 'The cluster; the name of a template means all its clusters.');
const topic = () => required(nameOf('a topic', 'topic-001'), 'The topic; where regions have one each, all of them.');
const pace = {
  throttle: setting(
    byteRate({ min: 1, word: UNLIMITED }),
    'What a broker may send, and may take, of copies that are out of sync (KIP-73).',
    'AK: kafka-reassign-partitions has no throttle unless told',
    'unlimited',
  ),
  atOnce: setting(
    count({ min: 1 }),
    'Partitions under way at a time.',
    'guess: of the order of what Cruise Control moves at a time (10 a broker)',
    10,
  ),
};

export const operationSchemas = [
  group(
    z.strictObject({
      kind: z.literal('add-brokers'),
      at: at(),
      cluster: cluster(),
      brokers: setting(count({ min: 1, max: 1000 }), 'How many machines start.', 'a convention', 1),
      turn: setting(
        duration({ min: 1 }),
        'From one machine’s taking an id until the next one’s.',
        'guess: they take them in turn, by a lock (T15); a process starts in seconds',
        '5s',
      ),
    }),
    'New brokers join. Each takes an id from a lock, those of dead brokers first, and registers before it serves.',
  ),
  group(
    z.strictObject({
      kind: z.literal('add-partitions'),
      at: at(),
      topic: topic(),
      partitions: required(count({ min: 1, max: 10_000 }), 'How many come to those that there are.'),
      on: setting(
        choice(['new-brokers', 'all-brokers']),
        'Where they go: to brokers that joined during the run, once all have, or to all.',
        'T16: scale up 1, partitions on new brokers',
        'new-brokers',
      ),
      every: setting(
        duration(),
        'Between two of them; 0s: all in one change of metadata.',
        'T16: in one atomic change',
        '0s',
      ),
      keyed: setting(
        choice(['refuse', 'allow']),
        'Whether to do so although producers partition by key: most keys then go to another partition than before.',
        'T16: needs unkeyed topics; AK only warns',
        'refuse',
      ),
    }),
    'A topic gets more partitions. Producers and routers find them when they next ask for metadata.',
  ),
  group(
    z.strictObject({
      kind: z.literal('move-partitions'),
      at: at(),
      cluster: cluster(),
      topic: optional(nameOf('a topic', 'topic-001'), 'Only its partitions.', 'all of the cluster'),
      ...pace,
    }),
    'Copies are moved until brokers have about as many each, with as few moves as that takes.',
  ),
  group(
    z.strictObject({
      kind: z.literal('scale-down'),
      at: at(),
      cluster: cluster(),
      brokers: setting(count({ min: 1, max: 1000 }), 'How many leave: those of the highest ids.', 'a convention', 1),
      ...pace,
    }),
    'All copies are moved off some brokers, which then stop for good.',
  ),
  group(
    z.strictObject({
      kind: z.literal('copies-change'),
      at: at(),
      topic: topic(),
      replicationFactor: required(count({ min: 1, max: 5 }), 'Copies of each of its partitions from then on.'),
      ...pace,
    }),
    'A topic gets more copies, which first have to catch up, or fewer.',
  ),
  group(
    z.strictObject({
      kind: z.literal('image-replacement'),
      at: at(),
      cluster: cluster(),
      down: setting(
        duration({ min: 1 }),
        'How long until the new machine of a broker is up.',
        'Netflix slides (Allen Wang): about 1 h',
        '1h',
      ),
      disk: setting(
        choice(['kept', 'lost']),
        'Whether the new machine has the old one’s disk, or copies all from the leaders.',
        'T16: d2.xl instances, whose disks go with them',
        'lost',
      ),
    }),
    'One broker after the other is replaced by a machine that takes over its id, each when all copies are in sync again.',
  ),
  group(
    z.strictObject({
      kind: z.literal('zone-out'),
      at: at(),
      for: required(duration({ min: 1 }), 'How long.'),
      region: optional(nameOf('a region', 'main'), 'The region.', 'the first one'),
      zone: required(count({ max: 25 }), 'Its number in the region, from 0.'),
    }),
    'A zone is taken out for maintenance: its brokers are shut down, leaders first moved off them, and return.',
  ),
  group(
    z.strictObject({
      kind: z.literal('retention-change'),
      at: at(),
      topic: topic(),
      retention: required(duration({ min: 1 }), 'How long its records are kept from then on.'),
    }),
    'A topic is kept longer or shorter from now on. Whole segments go, at the next check.',
  ),
  group(
    z.strictObject({
      kind: z.literal('class-change'),
      at: at(),
      topic: topic(),
      class: required(choice(CLASS_NAMES), 'Its class from then on.'),
    }),
    'Producers give what they buffer of a topic from now on another class.',
  ),
  group(
    z.strictObject({
      kind: z.literal('quota-change'),
      at: at(),
      tenant: required(nameOf('a tenant', 'ads'), 'One that has a quota under producers.quotas.'),
      ...quotaBounds,
    }),
    'What each instance admits of a tenant changes.',
  ),
] as const;
