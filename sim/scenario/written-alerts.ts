/** The written form of alerts: the rules that T16 names, with numbers. */
import * as z from 'zod';
import { ALERT_RULES } from '../../src/audit/alert-rules.ts';
import { choice, count, duration, flag, group, optional, required, setting, share, text } from './setting.ts';

const lasting = (value: string, source: string) =>
  setting(duration(), 'How long it must have been so before the alert is raised.', source, value);
const clearing = (value: string) =>
  setting(
    duration(),
    'How long it must not have been so before the alert is cleared.',
    'guess: so that it does not flap',
    value,
  );
const above = () => setting(count(), 'Raised above so many partitions.', 'T16 names the alert: one is too many', 0);

export const alertsSchema = group(
  z.strictObject({
    interval: setting(
      duration({ min: 1_000_000 }),
      'Between two looks at the counters. A look costs a visit of every partition that is in trouble or read.',
      'guess: a usual scrape interval',
      '10s',
    ),
    drops: group(
      z
        .strictObject({
          above: setting(share(), 'Lost of attempted sends, by the producers themselves.', 'T16', '1%'),
          window: setting(duration({ min: 1 }), 'Over how long.', 'guess: a usual window', '5min'),
          for: lasting('1min', 'guess: longer than a leader needs to move'),
          clearFor: clearing('5min'),
        })
        .prefault({}),
      'Producers drop or lose records: by topic.',
    ),
    lag: group(
      z
        .strictObject({
          above: setting(
            share({ max: 1000 }),
            'Stored and not committed by the routers, of what came in over the window.',
            'T16 has 0.1 %; of what is our reading',
            '0.1%',
          ),
          window: setting(
            duration({ min: 1 }),
            'Over how long. 0.1 % of an hour is what comes in 3.6 s.',
            'guess: mean latency to S3 is 3 s (T16), a shorter window would never be quiet',
            '1h',
          ),
          for: lasting('5min', 'guess: longer than a container takes to be relaunched'),
          clearFor: clearing('5min'),
        })
        .prefault({}),
      'A sink falls behind: by topic and sink.',
    ),
    stuckConsumer: group(
      z
        .strictObject({
          above: above(),
          window: setting(
            duration({ min: 1 }),
            'How long a partition with something to read may see no commit.',
            'guess: T16 gives no time',
            '5min',
          ),
          for: lasting('0s', 'a convention: the window has passed already'),
          clearFor: clearing('0s'),
        })
        .prefault({}),
      'A consumer is stuck on a partition (T16): by topic and sink.',
    ),
    underReplicated: group(
      z
        .strictObject({
          above: above(),
          for: lasting('5min', 'guess: a restart takes about 3 min (Netflix slides, Allen Wang)'),
          clearFor: clearing('0s'),
        })
        .prefault({}),
      'Partitions have fewer copies in sync than they should: by cluster, as leaders tell.',
    ),
    offline: group(
      z
        .strictObject({
          above: above(),
          for: lasting('0s', 'a convention: at once'),
          clearFor: clearing('0s'),
        })
        .prefault({}),
      'Partitions have no leader: by cluster, as controllers tell.',
    ),
  }),
  'Alerts on what Keystone was watched for (T16), judged against the books.',
);

export const alertAssertionSchema = group(
  z.strictObject({
    metric: z.literal('alert'),
    rule: required(choice(ALERT_RULES), 'The rule.'),
    on: optional(text('a topic, a route or a cluster', { example: 'play → s3' }), 'Whose alerts.', 'all of the rule'),
    raisedWithin: optional(
      duration(),
      'It is raised whenever the books say that it should be, so long afterwards at the most, and at least once.',
      'not asked',
    ),
    clearedWithin: optional(
      duration(),
      'It is cleared when the books say that it should be, so long afterwards at the most.',
      'not asked',
    ),
    never: optional(flag(), 'true: it is never raised.', 'not asked'),
  }),
  'When an alert is raised and cleared. One of the three bounds.',
);
