import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine/index.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { type FaultDoors, FaultTimeline } from './timeline.ts';

const S = 1_000_000_000;

/** What a world is told, in order: `3 s: stop broker fronting/1`. */
function told(faults: readonly FaultSpec[]): string[] {
  const engine = new Engine();
  const log: string[] = [];
  const say = (what: string) => log.push(`${engine.nowNs / S} s: ${what}`);
  const doors: FaultDoors = {
    killBroker: (cluster, broker) => say(`stop broker ${cluster}/${broker}`),
    shutDownBroker: (cluster, broker) => say(`shut down broker ${cluster}/${broker}`),
    startBroker: (cluster, broker, disk) => say(`start broker ${cluster}/${broker}, disk ${disk}`),
    hangBroker: (cluster, broker, session) => say(`hang broker ${cluster}/${broker}, session ${session}`),
    resumeBroker: (cluster, broker) => say(`resume broker ${cluster}/${broker}`),
    slowBroker: (cluster, broker, { cpu, disk, network }) =>
      say(`slow broker ${cluster}/${broker}: ${cpu}, ${disk}, ${network}`),
    changeWay: ({ kind }, how) => say(`${how} a way by ${kind}`),
    changeClocks: (_, how) => say(`${how} clocks`),
    killController: (cluster) => say(`kill controller of ${cluster}`),
    startController: (cluster) => say(`start controller of ${cluster}`),
    killZooKeeperNode: (name, node) => say(`kill node ${name}/${node}`),
    startZooKeeperNode: (name, node, replaced) => say(`start node ${name}/${node}${replaced ? ' elsewhere' : ''}`),
    stopZooKeeper: (name) => say(`stop zookeeper ${name}`),
    startZooKeeper: (name) => say(`start zookeeper ${name}`),
    electZooKeeper: (name) => say(`elect in zookeeper ${name}`),
    restartBrokers: (cluster, downNs) => say(`restart ${cluster}, ${downNs / S} s each`),
    operate: ({ kind }) => log.push(kind),
    rebalanceLeaders: (cluster) => say(`rebalance ${cluster}`),
    cutOffCluster: (cluster) => say(`cut off ${cluster}`),
    reconnectCluster: (cluster) => say(`reconnect ${cluster}`),
    cutWay: (_, from, to) => say(`cut ${from.kind} to ${to.kind}`),
    mendWay: () => say('mend'),
    failMetadata: (cluster, how) => say(`metadata of ${cluster} ${how}`),
    answerMetadata: (cluster) => say(`metadata of ${cluster} answered`),
    moveTopic: ({ topic, to }) => say(`move ${topic} to ${to}`),
    failOver: ({ cluster, to }) => say(`fail ${cluster} over to ${to}`),
    stopSink: (sink) => say(`stop sink ${sink}`),
    startSink: (sink) => say(`start sink ${sink}`),
    crashRouter: (sink, container) => say(`crash router ${sink}/${container}`),
    stickRouter: (sink, container) => say(`stick router ${sink}/${container}`),
    freeRouter: (sink, container) => say(`free router ${sink}/${container}`),
    beginRefusing: (sink, { share, manner }) => say(`${sink} refuses ${share} ${manner}`),
    endRefusing: (sink, { share }) => say(`${sink} no longer refuses ${share}`),
    slowSink: (sink, { rate, latency }) => say(`slow sink ${sink}: ${rate}, ${latency}`),
    crashRouterHost: (host, containers) => say(`crash host ${host} of ${containers}`),
    killCollector: (collector, disk) => say(`kill collector ${collector}, disk ${disk}`),
    startCollector: (collector) => say(`start collector ${collector}`),
    stopStore: (store) => say(`stop store ${store}`),
    startStore: (store) => say(`start store ${store}`),
  };
  const timeline = new FaultTimeline(engine, doors);
  for (const fault of faults) timeline.add(fault);
  engine.runUntil(1_000 * S);
  return log;
}

const brokerStop = (at: number, seconds: number, broker = 0, cluster = 'fronting'): FaultSpec => ({
  kind: 'broker-kill',
  atNs: at * S,
  forNs: seconds * S,
  cluster,
  broker,
  disk: 'kept',
});

const sinkStop = (at: number, seconds: number, sink = 's3'): FaultSpec => ({
  kind: 'sink-stop',
  atNs: at * S,
  forNs: seconds * S,
  sink,
});

describe('a fault', () => {
  const spans = { atNs: 2 * S, forNs: 3 * S };

  it.each<[FaultSpec, string[]]>([
    [brokerStop(2, 3, 1), ['2 s: stop broker fronting/1', '5 s: start broker fronting/1, disk kept']],
    [
      { kind: 'broker-stop', ...spans, cluster: 'fronting', broker: 2 },
      ['2 s: shut down broker fronting/2', '5 s: start broker fronting/2, disk kept'],
    ],
    [
      { kind: 'broker-hang', ...spans, cluster: 'fronting', broker: 2, session: 'lost' },
      ['2 s: hang broker fronting/2, session lost', '5 s: resume broker fronting/2'],
    ],
    [
      { kind: 'broker-slow', ...spans, cluster: 'fronting', broker: 2, cpu: 1, disk: 20, network: 1 },
      ['2 s: slow broker fronting/2: 1, 20, 1', '5 s: slow broker fronting/2: 1, 1, 1'],
    ],
    [
      { kind: 'controller-kill', ...spans, cluster: 'fronting' },
      ['2 s: kill controller of fronting', '5 s: start controller of fronting'],
    ],
    [
      { kind: 'zookeeper-node-kill', ...spans, zookeeper: 'shared', node: 2, replaced: true },
      ['2 s: kill node shared/2', '5 s: start node shared/2 elsewhere'],
    ],
    [
      { kind: 'zookeeper-down', ...spans, zookeeper: 'shared' },
      ['2 s: stop zookeeper shared', '5 s: start zookeeper shared'],
    ],
    [{ kind: 'zookeeper-election', atNs: 2 * S, zookeeper: 'shared' }, ['2 s: elect in zookeeper shared']],
    [{ kind: 'rolling-restart', atNs: 2 * S, cluster: 'fronting', downNs: 9 * S }, ['2 s: restart fronting, 9 s each']],
    [{ kind: 'leader-rebalance', atNs: 2 * S, cluster: 'fronting' }, ['2 s: rebalance fronting']],
    [
      { kind: 'broker-kill', ...spans, cluster: 'fronting', broker: 2, disk: 'lost' },
      ['2 s: stop broker fronting/2', '5 s: start broker fronting/2, disk lost'],
    ],
    [
      { kind: 'cluster-unreachable', ...spans, cluster: 'fronting' },
      ['2 s: cut off fronting', '5 s: reconnect fronting'],
    ],
    [sinkStop(2, 3), ['2 s: stop sink s3', '5 s: start sink s3']],
    [
      { kind: 'sink-reject', ...spans, sink: 's3', share: 0.2, manner: 'for-good' },
      ['2 s: s3 refuses 0.2 for-good', '5 s: s3 no longer refuses 0.2'],
    ],
    [
      { kind: 'sink-slow', ...spans, sink: 's3', rate: 4, latency: 2 },
      ['2 s: slow sink s3: 4, 2', '5 s: slow sink s3: 1, 1'],
    ],
    [{ kind: 'router-host-crash', atNs: 2 * S, host: 3, containersPerHost: 10 }, ['2 s: crash host 3 of 10']],
    [{ kind: 'router-crash', atNs: 2 * S, sink: 's3', container: 4 }, ['2 s: crash router s3/4']],
    [{ kind: 'router-stuck', ...spans, sink: 's3', container: 4 }, ['2 s: stick router s3/4', '5 s: free router s3/4']],
    [{ kind: 'checkpoint-store-down', ...spans }, ['2 s: stop store checkpoint', '5 s: start store checkpoint']],
    [
      { kind: 'desired-state-store-down', ...spans },
      ['2 s: stop store desired-state', '5 s: start store desired-state'],
    ],
  ])('$kind begins and ends at its door', (fault, expected) => {
    expect(told([fault])).toEqual(expected);
  });
});

describe('faults of one target that overlap', () => {
  it('stop it once; it is back when the last of them has ended', () => {
    const expected = ['1 s: stop broker fronting/0', '9 s: start broker fronting/0, disk kept'];
    expect(told([brokerStop(1, 4), brokerStop(3, 6)])).toEqual(expected);
    expect(told([brokerStop(3, 6), brokerStop(1, 4)])).toEqual(expected);
    // One within the other; and three of them.
    expect(told([brokerStop(1, 8), brokerStop(3, 2)])).toEqual(expected);
    expect(told([brokerStop(1, 4), brokerStop(3, 4), brokerStop(4, 5)])).toEqual(expected);
  });

  it('that touch let it come back in between: ends come before beginnings', () => {
    const expected = ['1 s: stop sink s3', '3 s: start sink s3', '3 s: stop sink s3', '6 s: start sink s3'];
    expect(told([sinkStop(1, 2), sinkStop(3, 3)])).toEqual(expected);
    expect(told([sinkStop(3, 3), sinkStop(1, 2)])).toEqual(expected);
  });

  it('are each a crash when they are crashes: a container that is being relaunched can crash again', () => {
    const crash: FaultSpec = { kind: 'router-crash', atNs: S, sink: 's3', container: 0 };
    expect(told([crash, { ...crash, atNs: 2 * S }, crash])).toHaveLength(3);
  });
});

describe('faults that slow one thing', () => {
  const slow = (at: number, seconds: number, cpu: number): FaultSpec => ({
    kind: 'broker-slow',
    atNs: at * S,
    forNs: seconds * S,
    cluster: 'fronting',
    broker: 0,
    cpu,
    disk: 1,
    network: 1,
  });

  it('multiply for as long as they overlap', () => {
    expect(told([slow(1, 4, 10), slow(3, 4, 2)])).toEqual([
      '1 s: slow broker fronting/0: 10, 1, 1',
      '3 s: slow broker fronting/0: 20, 1, 1',
      '5 s: slow broker fronting/0: 2, 1, 1',
      '7 s: slow broker fronting/0: 1, 1, 1',
    ]);
  });

  it('stay behind with the machine when another takes its place', () => {
    const replaced: FaultSpec = { ...brokerStop(2, 1), disk: 'lost' } as FaultSpec;
    expect(told([slow(1, 8, 10), replaced])).toEqual([
      '1 s: slow broker fronting/0: 10, 1, 1',
      '2 s: stop broker fronting/0',
      '3 s: slow broker fronting/0: 1, 1, 1',
      '3 s: start broker fronting/0, disk lost',
    ]);
    expect(told([slow(1, 8, 10), brokerStop(2, 1)]).at(-1)).toBe('9 s: slow broker fronting/0: 1, 1, 1');
  });
});

describe('faults of different targets', () => {
  it('know nothing of each other', () => {
    expect(
      told([
        brokerStop(1, 4),
        brokerStop(2, 1, 1),
        brokerStop(2, 4, 0, 'consumer'),
        sinkStop(1, 9),
        sinkStop(4, 1, 'elastic'),
      ]),
    ).toHaveLength(10);
  });

  it('are different when a broker stops and when its cluster can’t be reached', () => {
    const away: FaultSpec = { kind: 'cluster-unreachable', atNs: 2 * S, forNs: S, cluster: 'fronting' };
    expect(told([brokerStop(1, 4), away])).toEqual([
      '1 s: stop broker fronting/0',
      '2 s: cut off fronting',
      '3 s: reconnect fronting',
      '5 s: start broker fronting/0, disk kept',
    ]);
  });
});

describe('any faults of one target', () => {
  it('leave it down exactly while at least one of them lasts', () => {
    const spans = fc.array(fc.record({ at: fc.nat(20), seconds: fc.integer({ min: 1, max: 8 }) }), { maxLength: 6 });
    fc.assert(
      fc.property(spans, (faults) => {
        const log = told(faults.map(({ at, seconds }) => brokerStop(at, seconds)));
        log.forEach((line, i) => {
          expect(line).toContain(i % 2 === 0 ? ': stop' : ': start');
        });
        const downAt = (second: number) => log.filter((line) => Number.parseInt(line, 10) <= second).length % 2 === 1;
        for (let second = 0; second < 30; second++) {
          expect(downAt(second)).toBe(faults.some(({ at, seconds }) => at <= second && second < at + seconds));
        }
      }),
    );
  });
});
