import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { MemoryPort } from './memory-port.fixture.ts';
import type { ProducerOptions } from './options.ts';
import { evictLower } from './overflow.ts';
import { PressureGauge, type PressureNews } from './pressure.ts';
import { createProducer, type Producer } from './producer.ts';

const MS = 1_000_000;

describe('a gauge', () => {
  const buffer = { bufferBytesMax: 1_000, bufferRecordsMax: 100 };

  it('says when the buffer will be full, by what it saw in the last two seconds', () => {
    const gauge = new PressureGauge(buffer);
    for (let ms = 0; ms <= 3_000; ms += 50) gauge.check(0, ms / 100, ms * MS);
    const { share, fullInMs } = gauge.read(0, 30, 3_000 * MS);
    expect(share).toBe(0.3);
    expect(fullInMs).toBeCloseTo(7_000);
    for (let ms = 3_000; ms <= 6_000; ms += 50) gauge.check(0, 30, ms * MS);
    expect(gauge.read(0, 30, 6_000 * MS).fullInMs).toBe(Infinity);
    expect(gauge.read(1_000, 30, 6_000 * MS).fullInMs).toBe(0);
  });

  it('does not guess from a moment', () => {
    const gauge = new PressureGauge(buffer);
    gauge.check(0, 0, 0);
    expect(gauge.read(500, 0, 5 * MS).fullInMs).toBe(Infinity);
    expect(gauge.read(500, 0, 50 * MS).fullInMs).toBe(50);
  });

  it('begins early when the buffer fills fast, and late when it fills slowly', () => {
    const beginsAt = (recordsPerSecond: number, options = {}): number => {
      const gauge = new PressureGauge(buffer, options);
      for (let ms = 0; ; ms += 10) {
        const records = Math.floor((ms * recordsPerSecond) / 1_000);
        if (gauge.check(0, records, ms * MS)) return records;
      }
    };
    expect(beginsAt(1)).toBe(81);
    expect(beginsAt(100)).toBe(70); // looks ten times a second
    expect(beginsAt(100, { noticeMs: 0 })).toBe(81);
    expect(beginsAt(1, { highShare: 0.3, lowShare: 0.1 })).toBe(31);
  });

  it('changes its mind only across the whole gap between its shares', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 100, size: 'max' }), (levels) => {
        const gauge = new PressureGauge(buffer);
        let high = false;
        for (const records of levels) {
          const changed = gauge.check(0, records, 0);
          expect(changed).toBe(high ? records <= 50 : records > 80);
          if (changed) high = !high;
          expect(gauge.high).toBe(high);
        }
      }),
    );
  });

  it('counts bytes as well as records, whichever is fuller', () => {
    const gauge = new PressureGauge(buffer, { noticeMs: 0 });
    expect(gauge.read(250, 10, 0)).toEqual({
      high: false,
      share: 0.25,
      fullInMs: Infinity,
      bufferedBytes: 250,
      bufferedRecords: 10,
    });
    expect(gauge.read(0, 50, 0).share).toBe(0.5);
    expect([gauge.check(800, 0, 0), gauge.check(801, 0, 0), gauge.high]).toEqual([false, true, true]);
    // High until both are at or below the lower share.
    expect([gauge.check(501, 0, 0), gauge.check(500, 51, 0), gauge.check(500, 50, 0)]).toEqual([false, false, true]);
    expect(gauge.read(1_000, 0, 0).fullInMs).toBe(0);
    expect(gauge.read(0, 200, 0).fullInMs).toBe(0);
  });

  it('says when the buffer will be full by what it gained since the oldest look of two seconds', () => {
    const gauge = new PressureGauge(buffer);
    // A look each 100 ms; the first says nothing of what comes after two seconds.
    gauge.check(0, 40, 0);
    gauge.check(0, 10, 500 * MS);
    gauge.check(0, 20, 1_500 * MS);
    expect(gauge.read(0, 30, 1_600 * MS).fullInMs).toBe(Infinity);
    expect(gauge.read(0, 30, 2_000 * MS).fullInMs).toBe(Infinity);
    // 20 % in two seconds since the second look, then 10 % in one and a half since the third.
    expect(gauge.read(0, 30, 2_500 * MS).fullInMs).toBeCloseTo(7_000);
    expect(gauge.read(0, 30, 3_000 * MS).fullInMs).toBeCloseTo(10_500);
    expect(gauge.read(0, 30, 9_000 * MS).fullInMs).toBe(Infinity);
  });

  it('looks no more often than every 100 ms', () => {
    const gauge = new PressureGauge(buffer);
    gauge.check(0, 0, 0);
    gauge.check(0, 30, 99 * MS);
    expect(gauge.read(0, 60, 200 * MS).fullInMs).toBeCloseTo((0.4 * 200) / 0.6);
  });

  it('does not begin early below half-way between its shares', () => {
    const gauge = new PressureGauge(buffer);
    gauge.check(0, 0, 0);
    expect(gauge.check(0, 65, 100 * MS)).toBe(false);
    expect(gauge.check(0, 66, 200 * MS)).toBe(true);
    expect(gauge.check(0, 90, 300 * MS)).toBe(false);
  });

  it('takes shares from above 0 to 1', () => {
    expect(() => new PressureGauge(buffer, { lowShare: 0.01, highShare: 1, noticeMs: 0 })).not.toThrow();
  });

  it.each([
    [{ lowShare: 0.9 }, 'pressure: expected 0 < lowShare < highShare ≤ 1, got lowShare 0.9 and highShare 0.8'],
    [{ lowShare: 0.8 }, 'lowShare 0.8 and highShare 0.8'],
    [{ lowShare: 0 }, 'lowShare 0 and highShare 0.8'],
    [{ highShare: 1.1 }, 'lowShare 0.5 and highShare 1.1'],
    [{ noticeMs: -1 }, 'pressure.noticeMs: expected a number ≥ 0, got -1'],
  ])('%j is refused', (options, message) => {
    expect(() => new PressureGauge(buffer, options)).toThrow(message);
  });
});

describe('a producer under pressure', () => {
  let clock: ManualClock;
  let port: MemoryPort;
  let producer: Producer;
  const news: PressureNews[] = [];

  function start(options: Partial<ProducerOptions>): void {
    clock = new ManualClock();
    port = new MemoryPort();
    port.manner = 'down';
    news.length = 0;
    producer = createProducer({ port, clock, identity: 'test', lingerNs: 10 * MS, ...options });
    producer.on('backpressure', (about) => news.push(about));
  }

  it('can be asked at any time, also before it has told', () => {
    start({ bufferRecordsMax: 10 });
    expect(producer.pressure).toMatchObject({ high: false, share: 0, fullInMs: Infinity });
    for (let i = 0; i < 9; i++) producer.send({ topic: 't', value: 'v' });
    expect(producer.pressure).toMatchObject({ high: true, share: 0.9, bufferedRecords: 9 });
    expect(news).toEqual([]);
  });

  it('says for each class what becomes of the next record', () => {
    start({ bufferRecordsMax: 10, overflow: evictLower });
    const outlooks = () => Object.values(producer.pressure.outlook);
    for (let i = 0; i < 9; i++) producer.send({ topic: 't', value: 'v', class: 'normal' });
    expect(outlooks()).toEqual(['room', 'room', 'room']);
    producer.send({ topic: 't', value: 'v', class: 'normal' });
    expect(outlooks()).toEqual(['drops', 'drops', 'evicts']);
    void producer.close();
    expect(outlooks()).toEqual(['drops', 'drops', 'drops']);
  });

  it('hears a second before a buffer that fills evenly is full', async () => {
    start({ bufferRecordsMax: 1_000 });
    for (let ms = 0; ms < 4_000; ms += 10) {
      for (let i = 0; i < 5; i++) producer.send({ topic: 't', value: 'v' });
      await clock.advanceMs(10);
    }
    const [first] = news;
    expect(first).toMatchObject({ high: true });
    expect(first.fullInMs).toBeGreaterThan(500);
    expect(first.fullInMs).toBeLessThanOrEqual(1_000);
    expect(producer.receipt().dropped['buffer-full']).toBe(1_000);
    expect(news).toHaveLength(1);
  });

  it('does not tell what is over before it could', async () => {
    start({ bufferRecordsMax: 10, deliveryTimeoutNs: 31_000 * MS });
    port.manner = 'fine';
    await clock.advanceMs(100);
    for (let i = 0; i < 9; i++) producer.send({ topic: 't', value: 'v' });
    expect(producer.pressure.high).toBe(true);
    void producer.close();
    await clock.advanceMs(1_000);
    expect(news.map(({ high }) => high)).toEqual([true, false]);
  });
});
