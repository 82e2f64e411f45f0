/** The written form of faults that come at a rate. */
import * as z from 'zod';
import { choice, duration, group, NEVER, optional, required, setting } from './setting.ts';
import { nameOf } from './written-cluster.ts';

/** The last second of a day. */
const TIME_OF_DAY_MAX_NS = 86_399_000_000_000;
const timeOfDay = () => duration({ max: TIME_OF_DAY_MAX_NS });
const from = () => required(duration(), 'From when on, counted from the end of the warm-up.');
const lasting = () => optional(duration({ min: 1 }), 'How long it goes on.', 'to the end of the run');
const every = (value: string, source: string) =>
  setting(
    duration({ min: 1, word: NEVER }),
    'Mean time between two strikes, which come at random; never switches it off.',
    source,
    value,
  );
const down = (value: string, source: string) =>
  setting(duration({ min: 1 }), 'How long what it struck is away; all is back when it ends.', source, value);
const disk = () =>
  setting(
    choice(['kept', 'lost']),
    'Whether brokers return with what they had written, or replaced: with nothing.',
    'Chaos Monkey terminates instances: what comes back is another machine',
    'lost',
  );
const region = (otherwise: string) => optional(nameOf('a region', 'main'), 'The region.', otherwise);

export const chaosSchemas = [
  group(
    z.strictObject({
      kind: z.literal('chaos-monkey'),
      at: from(),
      for: lasting(),
      every: every('1h', 'guess: T15 has it kill brokers all the time, and no figure'),
      prey: setting(choice(['brokers', 'containers']), 'What it kills.', 'T15: brokers', 'brokers'),
      cluster: optional(nameOf('a cluster', 'normal-1'), 'Brokers of this cluster, or template.', 'any cluster'),
      sink: optional(nameOf('a sink', 's3'), 'Containers of the routers of this sink.', 'any sink'),
      down: down('3min', 'Netflix slides (Allen Wang): a restart takes about 3 min'),
      disk: disk(),
      opens: optional(timeOfDay(), 'Time of day from which on it works.', 'at any time'),
      closes: optional(timeOfDay(), 'Time of day from which on it rests.', 'at any time'),
      clock: setting(timeOfDay(), 'Time of day at the end of the warm-up.', 'a convention: midnight', '0s'),
    }),
    'Kills one broker or container at a time, at random. A container is relaunched at once.',
  ),
  group(
    z.strictObject({
      kind: z.literal('chaos-gorilla'),
      at: from(),
      for: lasting(),
      every: every('7d', 'guess: drills are weekly (T16)'),
      region: region('any'),
      down: down('1h', 'guess: as long as a drill'),
      disk: disk(),
    }),
    'Takes a whole zone, at random: all brokers in it.',
  ),
  group(
    z.strictObject({
      kind: z.literal('chaos-kong'),
      at: from(),
      for: lasting(),
      every: every('30d', 'guess: a drill a month'),
      down: down('1h', 'guess: as long as a drill'),
      disk: disk(),
    }),
    'Takes a whole region, at random: all brokers in it.',
  ),
  group(
    z.strictObject({
      kind: z.literal('region-kill'),
      at: required(duration(), 'When, counted from the end of the warm-up.'),
      for: required(duration({ min: 1 }), 'How long.'),
      region: region('the first one'),
      disk: setting(
        choice(['kept', 'lost']),
        'Whether brokers return with what they had written, or with nothing.',
        'a process dies more often than a disk',
        'kept',
      ),
    }),
    'All brokers of a region die at once and return together. Applications and routers stay.',
  ),
] as const;
