/** The written form of the automaton that replaces brokers. */
import * as z from 'zod';
import type { HealingSpec } from './healing-spec.ts';
import { bytes, choice, count, duration, factor, group, setting, share } from './setting.ts';

export const healingSchema = z.discriminatedUnion('kind', [
  group(z.strictObject({ kind: z.literal('off') }), 'Nobody replaces a broker by himself.'),
  group(
    z.strictObject({
      kind: z.literal('outlier'),
      check: setting(
        duration({ min: 1 }),
        'Time between two probes of a broker.',
        'guess: as metrics are collected',
        '10s',
      ),
      probe: setting(
        bytes({ min: 1 }),
        'Size of the produce request that is the probe.',
        'guess: a small batch',
        '1KiB',
      ),
      timeout: setting(
        duration({ min: 1 }),
        'A probe without an answer by then has none.',
        'guess: a usual figure',
        '10s',
      ),
      factor: setting(
        factor({ min: 1.01 }),
        'A probe that takes so many times the median of the cluster is one of an outlier.',
        'guess: T16 has outliers replaced automatically, and no figure',
        5,
      ),
      floor: setting(
        duration(),
        'No probe that is quicker is: among the quick the slowest is still quick.',
        'guess: what nobody would notice',
        '100ms',
      ),
      window: setting(count({ min: 1, max: 31 }), 'Probes that count.', 'M: rolling count, 6 of 10', 10),
      hits: setting(count({ min: 1, max: 31 }), 'Probes of them that make an outlier.', 'M: rolling count, 6 of 10', 6),
      delay: setting(duration(), 'From the decision until the broker is killed.', 'guess: no time', '0s'),
      replace: setting(
        duration({ min: 1 }),
        'From then until another machine is up, with an empty disk.',
        'Netflix slides (Allen Wang): about 1 h',
        '1h',
      ),
      cooldown: setting(
        duration(),
        'Time after a replacement without another in the cluster.',
        'guess: M has a cool-down, no figure',
        '5min',
      ),
      atOnce: setting(
        count({ min: 1 }),
        'Brokers of a cluster that are being replaced, or catching up, at a time.',
        'guess: the careful figure',
        1,
      ),
      falsePositives: setting(
        share(),
        'Share of probes that go wrong by themselves.',
        'a convention: a check that does not err',
        '0%',
      ),
      guard: setting(
        choice(['none', 'in-sync']),
        'in-sync: only brokers whose partitions are all in sync elsewhere are replaced. none: any.',
        'guess: T16 does not say that it looks',
        'none',
      ),
    }),
    'A broker whose probes are unlike those of the others is killed and replaced.',
  ),
]);

export function healingOf(written: z.output<typeof healingSchema>): HealingSpec | undefined {
  if (written.kind === 'off') return undefined;
  return {
    checkNs: written.check,
    probeBytes: written.probe,
    timeoutNs: written.timeout,
    factor: written.factor,
    floorNs: written.floor,
    window: written.window,
    hits: written.hits,
    delayNs: written.delay,
    replaceNs: written.replace,
    cooldownNs: written.cooldown,
    replacedMax: written.atOnce,
    falsePositives: written.falsePositives,
    guard: written.guard,
  };
}
