/** The written form of what befalls the network. */
import * as z from 'zod';
import { place } from './places.ts';
import { duration, flag, group, required, setting } from './setting.ts';

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
] as const;
