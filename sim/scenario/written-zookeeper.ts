/** The written form of ZooKeeper ensembles, and of what befalls them. */
import * as z from 'zod';
import { choice, cost, count, duration, factor, group, required, setting } from './setting.ts';
import { nameOf } from './written-cluster.ts';

const HUNT = 'Hunt et al., USENIX ATC 2010, table 1, five servers';

export const zookeeperSchema = group(
  z.strictObject({
    nodes: setting(count({ min: 1, max: 13 }), 'Nodes; most of them must live.', 'T15: ZooKeeper is 5 nodes', 5),
    election: setting(
      duration({ min: 1 }),
      'From the loss of its leader until another one serves: noticing, electing, bringing most nodes to one state.',
      'guess: one tick of 2 s (ZooKeeper tickTime) to notice, then a vote of 0.2 s (finalizeWait)',
      '2200ms',
    ),
    read: setting(cost(), 'What the ensemble spends on one read.', `${HUNT}: 165,000 reads/s`, '6us'),
    write: setting(cost(), 'What the ensemble spends on one write.', `${HUNT}: 18,000 writes/s`, '55us'),
    reconnect: setting(
      cost(),
      'What it spends on one session that a client takes up again at another node, its watches included.',
      'guess: a few writes',
      '300us',
    ),
    sessionsPerReplica: setting(
      factor({ min: 0 }),
      'Sessions of consumers and tools for each replica that the brokers of its clusters host.',
      'guess: two consumers of the era for each four partitions of two copies; they kept owners and offsets in ZooKeeper',
      0.25,
    ),
  }),
  'Where brokers of clusters with ZooKeeper register.',
);

const at = () => required(duration(), 'When, counted from the end of the warm-up.');
const lasting = () => required(duration({ min: 1 }), 'How long.');
const ensemble = () =>
  required(
    nameOf('a ZooKeeper ensemble', 'shared'),
    'The ensemble: one of `zookeepers`, or the cluster whose own it is.',
  );

export const zookeeperFaults = [
  group(
    z.strictObject({
      kind: z.literal('zookeeper-node-kill'),
      at: at(),
      for: lasting(),
      zookeeper: ensemble(),
      node: setting(count(), 'Its number in the ensemble, from 0, which leads first.', 'the first', 0),
      returns: setting(
        choice(['itself', 'replaced']),
        'replaced: another machine with another address, which brokers that run do not learn (AK ZOOKEEPER-2184).',
        'a process dies more often than a machine',
        'itself',
      ),
    }),
    'A node of a ZooKeeper ensemble dies and returns. Without its leader or most nodes an ensemble does nothing.',
  ),
  group(
    z.strictObject({ kind: z.literal('zookeeper-down'), at: at(), for: lasting(), zookeeper: ensemble() }),
    'A whole ensemble is away: leaders go on, nobody is elected, no session ends or begins.',
  ),
  group(
    z.strictObject({ kind: z.literal('zookeeper-election'), at: at(), zookeeper: ensemble() }),
    'The leader of an ensemble steps down, and another is elected: all clients come back at once.',
  ),
] as const;
