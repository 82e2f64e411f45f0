import { describe, expect, it } from 'vitest';
import { checkProducerConfig, type ProducerConfig } from './config.ts';
import { config } from './core.fixture.ts';

/** The least that each bound may be. */
const LEAST = {
  lingerNs: 0,
  batchBytesMax: 1,
  requestBytesMax: 1,
  recordBytesMax: 1,
  bufferBytesMax: 1,
  bufferRecordsMax: 1,
  overheadBytesPerRecord: 0,
  overheadBytesPerBatch: 0,
  inFlightMax: 1,
  requestTimeoutNs: 1,
  retriesMax: 0,
} as const;

const check = (changes: Partial<ProducerConfig>) => () => checkProducerConfig({ ...config, ...changes });

describe('a producer’s settings', () => {
  it.each(Object.entries(LEAST))('%s may be as low as %d, and no lower', (name, least) => {
    expect(check({ [name]: least })).not.toThrow();
    for (const value of [least - 1, Number.NaN]) {
      expect(check({ [name]: value })).toThrow(new RangeError(`${name}: expected a number ≥ ${least}, got ${value}`));
    }
  });

  it('compressionRatio is above 0 and at most 1', () => {
    expect(check({ compressionRatio: 1 })).not.toThrow();
    for (const value of [0, 1.1, Number.NaN]) {
      expect(check({ compressionRatio: value })).toThrow(`compressionRatio: expected a number in (0, 1], got ${value}`);
    }
  });

  it('deliveryTimeoutNs has room for the linger and one request', () => {
    const tight = { lingerNs: 10, requestTimeoutNs: 20 };
    expect(check({ ...tight, deliveryTimeoutNs: 30 })).not.toThrow();
    expect(check({ deliveryTimeoutNs: Infinity })).not.toThrow();
    expect(check({ ...tight, deliveryTimeoutNs: 29 })).toThrow(
      'deliveryTimeoutNs: expected at least lingerNs + requestTimeoutNs = 30, got 29',
    );
    expect(check({ deliveryTimeoutNs: 0 })).toThrow('deliveryTimeoutNs: expected a number ≥ 1, got 0');
  });
});
