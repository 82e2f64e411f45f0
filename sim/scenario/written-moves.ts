/** The written form of what moves between clusters and regions while a world runs. */
import * as z from 'zod';
import { choice, count, duration, flag, group, required, setting, share } from './setting.ts';
import { nameOf } from './written-cluster.ts';

const at = (what: string) => required(duration(), `${what}, counted from the end of the warm-up.`);
const create = () =>
  setting(
    duration(),
    'How long it takes to create the topics there.',
    'guess: B16 names the step, not its time',
    '10s',
  );
const poll = () =>
  setting(
    duration({ min: 1 }),
    'Between two looks of an application at the map of topics and clusters; each looks at times of its own.',
    'guess: usual for dynamic configuration; B16 says only that producers change theirs while they run',
    '30s',
  );
const onlyIf = { key: 'by', is: 'rule' } as const;

export const moveSchemas = [
  group(
    z.strictObject({
      kind: z.literal('topic-move'),
      at: at('When it begins'),
      topic: required(nameOf('a topic', 'clicks'), 'The topic; with several regions, with its region: east.clicks.'),
      to: required(nameOf('a cluster', 'normal-2'), 'The fronting cluster or stand-by that takes it.'),
      create: create(),
      poll: poll(),
    }),
    'A topic goes to another cluster for good: created there, producers repointed, the old place read until it is drained.',
  ),
  group(
    z.strictObject({
      kind: z.literal('failover'),
      at: at('When the operator decides, or, with a rule, when checks begin'),
      cluster: required(nameOf('a cluster', 'normal-1'), 'The cluster; the name of a template means all its clusters.'),
      to: required(nameOf('a stand-by', 'stand-by'), 'The stand-by of its region; several clusters may share one.'),
      by: setting(
        choice(['operator', 'rule']),
        'operator: decided at `at`. rule: once `hits` of the last `window` checks have found it sick.',
        'T16: all automated; drills are begun by people',
        'operator',
      ),
      check: setting(duration({ min: 1 }), 'Between two checks.', 'guess: a usual interval', '10s', { onlyIf }),
      hits: setting(count({ min: 1 }), 'Checks that must find it sick.', 'guess: not the first, not for long', 3, {
        onlyIf,
      }),
      window: setting(count({ min: 1, max: 31 }), 'Of the last so many.', 'guess: as `hits`', 5, { onlyIf }),
      sick: setting(
        share({ min: 1e-9 }),
        'Share of its partitions without a working leader from which on a check finds it sick; nobody reaching it is 100%.',
        'guess: more than one broker of many',
        '10%',
        { onlyIf },
      ),
      boot: setting(
        duration(),
        'How long the stand-by takes to start.',
        'guess: B16 has the whole failover in less than 5 min, and a restart takes about 3 min (Allen Wang)',
        '3min',
      ),
      create: create(),
      poll: poll(),
      returns: setting(flag(), 'Whether traffic comes back.', 'T16: shift back', true),
      stay: setting(
        duration(),
        'How long it stays on the stand-by at the least; then until the cluster is drained and well.',
        'guess: not published',
        '30min',
      ),
      look: setting(
        duration({ min: 1 }),
        'Between two looks whether a cluster is drained, or well again.',
        'guess: a usual interval',
        '10s',
      ),
    }),
    'In-region failover (T16, B16): detect, start the stand-by, create topics, repoint producers, drain; and the way back.',
  ),
  group(
    z.strictObject({
      kind: z.literal('region-evacuation'),
      at: at('When traffic begins to leave'),
      for: required(duration({ min: 1 }), 'From then until it begins to return.'),
      region: required(nameOf('a region', 'us-east-1'), 'The region.'),
      over: setting(
        duration({ min: 1 }),
        'How long each shift takes.',
        'guess: minutes; T15 and T16 say only that traffic moves to the other regions',
        '5min',
      ),
    }),
    'The traffic of a region goes to the other regions, in proportion to what they have, and returns. What is stored stays.',
  ),
];
