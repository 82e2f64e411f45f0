import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine/index.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { type FaultDoors, scheduleFaults } from './timeline.ts';

const S = 1_000_000_000;

/** What a world is told, in order: `3 s: stop broker fronting/1`. */
function told(faults: readonly FaultSpec[]): string[] {
  const engine = new Engine();
  const log: string[] = [];
  const say = (what: string) => log.push(`${engine.nowNs / S} s: ${what}`);
  const doors: FaultDoors = {
    stopBroker: (cluster, broker) => say(`stop broker ${cluster}/${broker}`),
    startBroker: (cluster, broker) => say(`start broker ${cluster}/${broker}`),
    cutOffCluster: (cluster) => say(`cut off ${cluster}`),
    reconnectCluster: (cluster) => say(`reconnect ${cluster}`),
    stopSink: (sink) => say(`stop sink ${sink}`),
    startSink: (sink) => say(`start sink ${sink}`),
    crashRouter: (sink, container) => say(`crash router ${sink}/${container}`),
    stopStore: (store) => say(`stop store ${store}`),
    startStore: (store) => say(`start store ${store}`),
  };
  scheduleFaults(engine, faults, doors);
  engine.runUntil(1_000 * S);
  return log;
}

const brokerStop = (at: number, seconds: number, broker = 0, cluster = 'fronting'): FaultSpec => ({
  kind: 'broker-stop',
  atNs: at * S,
  forNs: seconds * S,
  cluster,
  broker,
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
    [brokerStop(2, 3, 1), ['2 s: stop broker fronting/1', '5 s: start broker fronting/1']],
    [
      { kind: 'cluster-unreachable', ...spans, cluster: 'fronting' },
      ['2 s: cut off fronting', '5 s: reconnect fronting'],
    ],
    [sinkStop(2, 3), ['2 s: stop sink s3', '5 s: start sink s3']],
    [{ kind: 'router-crash', atNs: 2 * S, sink: 's3', container: 4 }, ['2 s: crash router s3/4']],
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
    const expected = ['1 s: stop broker fronting/0', '9 s: start broker fronting/0'];
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
      '5 s: start broker fronting/0',
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
