import { describe, expect, it } from 'vitest';
import { MemoryPort } from './memory-port.fixture.ts';
import { checkTopicOptions, clustersOf } from './options.ts';

const [one, other] = [new MemoryPort(), new MemoryPort()];

describe('clusters of a producer', () => {
  it('are the only one, or those named with a map of where topics go', () => {
    expect(clustersOf({ port: one })).toEqual({ ports: new Map([['default', one]]), map: { default: 'default' } });
    expect(clustersOf({ clusters: { a: one } })).toEqual({ ports: new Map([['a', one]]), map: { default: 'a' } });
    const map = { default: 'a', topics: { t: 'b' } };
    expect(clustersOf({ clusters: { a: one, b: other }, clusterOf: map }).map).toBe(map);
  });

  it.each([
    [{}, 'port, clusters: expected one of the two, got neither'],
    [{ port: one, clusters: { a: other } }, 'port, clusters: expected one of the two, got both'],
    [{ clusters: {} }, 'clusters: expected at least one, got none'],
    [{ clusters: { a: one, b: other } }, 'clusterOf: expected, as there are several clusters, such as'],
    [{ port: one, clusterOf: { default: 'a' } }, 'clusterOf.default: expected one of default, got a'],
    [
      { clusters: { a: one, b: other }, clusterOf: { default: 'a', topics: { t: 'c' } } },
      'clusterOf.topics.t: expected one of a, b, got c',
    ],
  ])('%#: are refused by name', (options, message) => {
    expect(() => clustersOf(options)).toThrow(message);
  });
});

describe('options by topic', () => {
  const ports = new Map([['default', one]]);
  const check = (options: Parameters<typeof checkTopicOptions>[0]) => () => checkTopicOptions(options, ports);

  it('name classes, tenants and acknowledgements that there are', () => {
    expect(check({})).not.toThrow();
    expect(
      check({
        classes: { t: 'high' },
        tenants: { t: 'web' },
        quotas: { web: {} },
        acksByTopic: { a: 0, b: 1, c: -1 },
      }),
    ).not.toThrow();
    expect(check({ tenants: { t: 'web' } })).toThrow('tenants.t: expected one of (none), got web');
  });

  it('hold a burst of bytes to the largest record, whatever that is set to', () => {
    const quotas = { web: { bytesPerSecond: 1, burstBytes: 2_000 } };
    expect(check({ quotas, recordBytesMax: 2_000 })).not.toThrow();
    expect(check({ quotas, recordBytesMax: 2_001 })).toThrow(
      'quotas.web.burstBytes: expected a whole number from 2001',
    );
    expect(check({ quotas })).toThrow('quotas.web.burstBytes');
  });
});
