/** The written form of the consumer groups that containers form. */
import * as z from 'zod';
import { choice, duration, flag, group, NEVER, setting } from './setting.ts';

export const groupSchema = group(
  z
    .strictObject({
      protocol: setting(
        choice(['static', 'eager', 'cooperative', 'kip-848']),
        'Who reads which partition. static: containers have theirs for good, as Samza deals them. eager: at each change all ' +
          'give up all, and join again. cooperative: only what moves is given up (KIP-429). kip-848: the broker deals.',
        'T16: Samza',
        'static',
      ),
      assignor: setting(
        choice(['default', 'range', 'round-robin', 'sticky']),
        'How partitions are dealt. default: range for eager, sticky for the others.',
        'AK partition.assignment.strategy, group.consumer.assignors',
        'default',
      ),
      session: setting(
        duration({ min: 1 }),
        'A member that is not heard for so long is dead.',
        'AK session.timeout.ms: 45 s since 3.0, 10 s since 0.10.1, 30 s before; group.consumer.session.timeout.ms 45 s',
        '45s',
      ),
      heartbeat: setting(
        duration({ min: 1 }),
        'Between two heartbeats: by its next one a member hears of a change.',
        'AK heartbeat.interval.ms; group.consumer.heartbeat.interval.ms is 5 s',
        '3s',
      ),
      maxPollInterval: setting(
        duration({ min: 1, word: NEVER }),
        'A member that makes no progress for so long leaves; a rebalance waits no longer for anybody.',
        'AK max.poll.interval.ms (KIP-62)',
        '5min',
      ),
      heartbeatThread: setting(
        flag(),
        'Heartbeats come from a thread of their own, so that one that does nothing is still heard.',
        'AK: since 0.10.1 (KIP-62)',
        true,
      ),
      staticMembership: setting(
        flag(),
        'A container that is back within its session is known and has what it had (group.instance.id, KIP-345).',
        'AK: unset',
        false,
      ),
    })
    .prefault({}),
  'The consumer group of a job.',
);
