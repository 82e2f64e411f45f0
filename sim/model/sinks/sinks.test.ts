import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkServer } from './bulk-server.ts';
import { BulkSink } from './bulk-sink.ts';
import { MirroredTopics } from './kafka.ts';
import { Outages } from './outages.ts';
import { S3 } from './s3.ts';

const MS = 1_000_000;
const rateLimited = () => new BulkSink({ recordsPerSecond: 1000, latencyNs: MS, queueMax: Infinity, refreshNs: 0 });

describe('an outage', () => {
  it('cuts off what had not landed, and nothing accepted after it', () => {
    const outages = new Outages();
    const before = outages.epoch;
    outages.stop(100);
    expect([outages.cutOff(before, 100), outages.cutOff(before, 101)]).toEqual([false, true]);
    outages.start();
    expect(outages.cutOff(outages.epoch, 101)).toBe(false);
    outages.stop(200);
    expect(outages.cutOff(before, 100)).toBe(false);
  });
});

describe('S3', () => {
  it('takes a file after its latency and transfer, and shows it later', () => {
    const sink = new S3({ putLatencyNs: 50 * MS, putBytesPerSecond: 1e6, visibilityDelayNs: 7 * MS });
    expect(sink.accept(10, 2000, 100 * MS)).toBe('ok');
    expect([sink.landNs, sink.answerNs, sink.visibleNs]).toEqual([152 * MS, 152 * MS, 159 * MS]);
    sink.outages.stop(200 * MS);
    expect(sink.accept(10, 2000, 300 * MS)).toBe('failed');
    expect(sink.answerNs).toBe(350 * MS);
  });
});

describe('Elasticsearch', () => {
  const make = () => new BulkSink({ recordsPerSecond: 1000, queueMax: 2, latencyNs: 5 * MS, refreshNs: 1000 * MS });

  it('works bulks off one after the other, and shows them from the next refresh', () => {
    const sink = make();
    sink.accept(100, 0, 0);
    expect([sink.landNs, sink.answerNs, sink.visibleNs]).toEqual([100 * MS, 105 * MS, 1000 * MS]);
    sink.accept(50, 0, 10 * MS);
    expect(sink.landNs).toBe(150 * MS);
  });

  it('rejects what its queue has no room for, and says so at once', () => {
    const sink = make();
    expect([1, 2, 3].map(() => sink.accept(100, 0, 0))).toEqual(['ok', 'ok', 'rejected']);
    expect(sink.answerNs).toBe(5 * MS);
    expect(sink.accept(100, 0, 100 * MS)).toBe('ok');
  });

  it('comes back from a stop with an empty queue', () => {
    const sink = make();
    sink.accept(5000, 0, 0);
    sink.outages.stop(10 * MS);
    sink.outages.start();
    sink.accept(1, 0, 20 * MS);
    expect(sink.landNs).toBe(21 * MS);
  });
});

describe('a rate-limited sink', () => {
  it('lets everybody wait', () => {
    const sink = rateLimited();
    for (let i = 0; i < 100; i++) expect(sink.accept(10, 0, 0)).toBe('ok');
    expect(sink.answerNs).toBe(1001 * MS);
  });
});

describe('a sink that is slow', () => {
  it('takes so many times longer for what it accepts from then on', () => {
    const limited = rateLimited();
    limited.slow({ rate: 4, latency: 2 });
    limited.accept(10, 0, 0);
    expect([limited.landNs, limited.answerNs]).toEqual([40 * MS, 42 * MS]);
    limited.slow({ rate: 1, latency: 1 });
    limited.accept(10, 0, 0);
    expect([limited.landNs, limited.answerNs]).toEqual([50 * MS, 51 * MS]);
    const s3 = new S3({ putLatencyNs: 50 * MS, putBytesPerSecond: 1e6, visibilityDelayNs: 0 });
    s3.slow({ rate: 4, latency: 2 });
    s3.accept(10, 2000, 0);
    expect(s3.landNs).toBe(108 * MS);
  });
});

describe('a bulk server', () => {
  it('never serves above its rate, and knows how many wait', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5 * MS), fc.integer({ min: 1, max: 9 })), { maxLength: 200 }),
        (arrivals) => {
          const server = new BulkServer(1000);
          const departures: number[] = [];
          let now = 0;
          for (const [gap, records] of arrivals) {
            now += gap;
            const last = departures.at(-1) ?? 0;
            expect(server.queuedAt(now)).toBe(departures.filter((at) => at > now).length);
            departures.push(server.serve(records, now));
            expect(departures.at(-1)).toBe(Math.max(last, now) + records * MS);
          }
        },
      ),
    );
  });
});

describe('mirrored topics', () => {
  it('go round, each container from a place of its own', () => {
    const mirror = new MirroredTopics(2);
    expect([0, 0, 1, 1].map((container) => mirror.nextPartition(container, 3))).toEqual([0, 1, 1, 2]);
  });
});
