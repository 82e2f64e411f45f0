/** The written form of what befalls the network. */
import * as z from 'zod';
import { place } from './places.ts';
import { choice, duration, flag, group, optional, required, setting, share } from './setting.ts';
import { nameOf } from './written-cluster.ts';

/** Beyond it next to nothing gets through: that is `network-partition`. */
const LOSS_MAX = 0.9;
const DELAY_MAX_NS = 60_000_000_000;

const at = () => required(duration(), 'When, counted from the end of the warm-up.');
const lasting = () => required(duration({ min: 1 }), 'How long.');
const from = () => required(place(), 'One place. Of a region that is not named, the first is meant.');
const to = () => setting(place(), 'The other place; `rest` is all that the first is not.', 'a convention', 'rest');
const oneWay = () =>
  setting(flag(), 'Whether only what goes from `from` to `to` is struck.', 'most cuts are of both ways', false);

export const networkFaults = [
  group(
    z.strictObject({
      kind: z.literal('network-partition'),
      at: at(),
      for: lasting(),
      from: from(),
      to: to(),
      oneWay: oneWay(),
    }),
    'Nothing gets from one place to another: requests, answers, connections, fetches of followers, sessions. TCP sends it again once it can.',
  ),
  group(
    z.strictObject({
      kind: z.literal('network-loss'),
      at: at(),
      for: lasting(),
      from: from(),
      to: to(),
      oneWay: oneWay(),
      loss: required(
        share({ min: 0.0001, max: LOSS_MAX }),
        'Of the packets, each lost by itself. Where nothing gets through, write `network-partition`.',
      ),
    }),
    'Some packets from one place to another are lost. TCP sends them again (RFC 6298) and slows down (RFC 5348): it shows as waiting.',
  ),
  group(
    z.strictObject({
      kind: z.literal('network-delay'),
      at: at(),
      for: lasting(),
      from: from(),
      to: to(),
      oneWay: oneWay(),
      delay: required(
        duration({ min: 1, max: DELAY_MAX_NS }),
        'Added to each trip one way; to a round trip twice that, unless `oneWay`.',
      ),
    }),
    'What goes from one place to another takes longer.',
  ),
  group(
    z.strictObject({
      kind: z.literal('metadata-away'),
      at: at(),
      for: lasting(),
      cluster: optional(
        nameOf('a cluster', 'normal-1'),
        'The cluster; the name of a template means all its clusters.',
        'all of them',
      ),
      how: setting(
        choice(['refused', 'silent']),
        'refused: told at once, as of a name that is not resolved. silent: each question waits for its time-out.',
        'DNS answers fast, also that it knows nothing',
        'refused',
      ),
    }),
    'Applications that know nothing of a cluster yet do not learn it: DNS or metadata fail at start-up. Who knows it goes on.',
  ),
] as const;
