/** The written form of auditors (T15): who counts, and by what road their reports travel. */
import * as z from 'zod';
import { duration, group, required, setting } from './setting.ts';
import { nameOf } from './written-cluster.ts';

export const auditSchema = group(
  z.strictObject({
    cluster: required(
      nameOf('a cluster', 'normal-1'),
      'Where the topic lies by which reports travel: while it is away they wait, or are lost. T15: topics of their own.',
    ),
    window: setting(
      duration({ min: 1_000_000 }),
      'Length of a window of event time; whole milliseconds.',
      'guess: a usual length',
      '10s',
    ),
    grace: setting(
      duration(),
      "From a window's end until an instance closes and reports it; what passes later counts as late.",
      'guess: longer than records usually take to sinks',
      '10s',
    ),
    settle: setting(
      duration(),
      "From a window's end until tiers are compared. More than grace and delay.",
      'guess: grace, the way of reports, and some',
      '15s',
    ),
    delay: setting(duration(), 'Time that a report takes.', 'guess: a short way through a topic', '1s'),
    hold: setting(
      duration(),
      'How long reports wait for a cluster that is away, before they are lost.',
      'guess: a small buffer',
      '1min',
    ),
    keep: setting(duration(), "From a window's end until it is forgotten.", 'guess: an hour', '1h'),
  }),
  'Counts by tier and window of event time, compared, and scored against the books. Beside them what producers say.',
);
