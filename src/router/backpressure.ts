import type { BackpressurePolicy } from './policy.ts';

/** Pauses fetching while the buffer could overflow. Writes go out as fast as the sink answers. */
export function pauseWhenFull(bufferBytesMax: number): BackpressurePolicy {
  return {
    name: 'pause',
    mayFetch: (heldBytes, askedBytes, nextBytes) => heldBytes + askedBytes + nextBytes <= bufferBytesMax,
    byCredit: false,
    writeRecordsMax: Infinity,
  };
}

/**
 * The sink asks for n records and never gets more than it asked for (M); fetching pauses as in `pauseWhenFull`.
 * `creditRecords` is the most that the sink lets stand at a time; no write is made larger.
 */
export function byCredit(options: {
  readonly bufferBytesMax: number;
  readonly creditRecords: number;
}): BackpressurePolicy {
  return {
    ...pauseWhenFull(options.bufferBytesMax),
    name: 'credit',
    byCredit: true,
    writeRecordsMax: options.creditRecords,
  };
}
