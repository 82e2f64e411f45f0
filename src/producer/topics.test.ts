import { describe, expect, it } from 'vitest';
import type { ClusterLink } from './cluster-link.ts';
import { Topics, type TopicsOptions } from './topics.ts';

const link = {} as ClusterLink;

function begin(changes: Partial<TopicsOptions> = {}) {
  const streams: [string, number, number][] = [];
  const topics = new Topics({
    classes: undefined,
    acksByTopic: undefined,
    tenants: undefined,
    quotas: undefined,
    streamsMax: undefined,
    identity: 'me',
    linkOf: () => link,
    onStream: ({ name }, serviceClass, identity) => streams.push([name, serviceClass, identity]),
    ...changes,
  });
  return { topics, streams };
}

describe('topics', () => {
  it('have a stream for each class that was asked for, and the topic’s own by default', () => {
    const { topics, streams } = begin({ classes: { clicks: 'low' } });
    expect(topics.rows).toBe(1);
    expect(topics.streamOf('clicks', undefined)).toBe(1);
    expect(topics.streamOf('clicks', 'low')).toBe(1);
    expect(topics.streamOf('clicks', 'high')).toBe(2);
    expect(topics.streamOf('views', undefined)).toBe(3);
    expect(topics.streamOf('views', 'normal')).toBe(3);
    expect(streams.map(([name, serviceClass]) => [name, serviceClass])).toEqual([
      ['clicks', 0],
      ['clicks', 2],
      ['views', 1],
    ]);
    expect([topics.rows, topics.ofStream(2).name, topics.get('views')?.name]).toEqual([4, 'clicks', 'views']);
    expect([...topics.all()].map(({ name }) => name)).toEqual(['clicks', 'views']);
    expect(topics.get('jobs')).toBeUndefined();
    const clicks = topics.meet('clicks')!;
    expect([topics.stream(clicks, 0), topics.rows]).toEqual([1, 4]);
  });

  it('have identities of their own, so that their draws differ', () => {
    const identities = (identity: string) => {
      const { topics, streams } = begin({ identity });
      for (const name of ['a', 'b']) for (const each of ['low', 'high'] as const) topics.streamOf(name, each);
      return streams.map((stream) => stream[2]);
    };
    expect(new Set([...identities('me'), ...identities('you')]).size).toBe(8);
    expect(identities('me')).toEqual(identities('me'));
    for (const identity of identities('me')) expect(identity).toBe(identity | 0);
  });

  it('have the acknowledgements and the quota that are given for them, by their own name alone', () => {
    const { topics } = begin({
      acksByTopic: { pay: -1 },
      tenants: { clicks: 'web', jobs: 'batch' },
      quotas: { web: {}, batch: {} },
    });
    const options = (name: string) => topics.meet(name)!.options;
    expect(options('pay')).toEqual({ acks: -1, quota: -1 });
    expect(options('clicks')).toEqual({ acks: undefined, quota: 0 });
    expect(options('jobs')).toEqual({ acks: undefined, quota: 1 });
    expect(options('constructor')).toEqual({ acks: undefined, quota: -1 });
    expect(topics.meet('constructor')).toMatchObject({ name: 'constructor', defaultClass: 1, link, view: null });
  });

  it('are bounded with their streams, as names come from outside', () => {
    const { topics } = begin({ streamsMax: 3 });
    expect(['a', 'b', 'c', 'd'].map((name) => topics.streamOf(name, undefined))).toEqual([1, 2, 3, -1]);
    expect(topics.meet('d')).toBeNull();
    expect(topics.streamOf('a', 'high')).toBe(-1);
    expect(topics.streamOf('a', 'normal')).toBe(1);
    expect(topics.meet('a')!.streams).toEqual(new Int32Array([-1, 1, -1]));
    expect(topics.rows).toBe(4);
  });
});
