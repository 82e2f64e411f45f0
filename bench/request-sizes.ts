/** Watches requests as they leave producers: no batch may hold more than it can. */

import type { Simulation } from '../sim/index.ts';
import { BATCH } from '../src/producer/batch-pool.ts';
import { REQUEST } from '../src/producer/request-pool.ts';

const { R_HEAD, R_INTS } = REQUEST;

const { B_INTS, B_N, B_STREAM } = BATCH;

const NONE = -1;

export interface RequestSizes {
  readonly requests: number;
  readonly recordsMean: number;
  /** Batch bytes ÷ record bytes, weighted by records. */
  readonly recordsFit: number;
  /** Of one batch, and of one request: several batches for one broker may share it. */
  readonly batchRecordsMax: number;
  readonly requestRecordsMax: number;
  /** Records of a batch ÷ (batch bytes ÷ record bytes), the fullest one: at most 1. */
  readonly fullest: number;
  /** Share of requests with more than one batch. */
  readonly shared: number;
}

/**
 * Runs on for `forNs` of simulated time. Throws when a batch holds more records than batch bytes ÷ record bytes (one
 * record that is larger goes alone). A request may hold more: batches of several partitions for one broker share it.
 */
export function requestSizes(simulation: Simulation, forNs: number): RequestSizes {
  const { engine, producers, plan, scenario } = simulation;
  const { batches, requests } = producers.core;
  const batchBytesMax = scenario.producers.policy.batchBytes;
  let seen = 0;
  let records = 0;
  let capacity = 0;
  let shared = 0;
  let batchRecordsMax = 0;
  let requestRecordsMax = 0;
  let fullest = 0;
  const send = producers.send.bind(producers);
  producers.send = (request, producer, broker) => {
    let inRequest = 0;
    let count = 0;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      const n = batches.ints[batch * B_INTS + B_N];
      const { recordBytes } = scenario.topics[plan.streamTopic[batches.ints[batch * B_INTS + B_STREAM]]];
      const fits = Math.max(1, Math.floor(batchBytesMax / recordBytes));
      if (n > fits) throw new Error(`a batch of ${n} records of ${recordBytes} bytes, expected at most ${fits}`);
      fullest = Math.max(fullest, n / fits);
      batchRecordsMax = Math.max(batchRecordsMax, n);
      capacity += n * (batchBytesMax / recordBytes);
      inRequest += n;
      count++;
    }
    seen++;
    records += inRequest;
    if (count > 1) shared++;
    requestRecordsMax = Math.max(requestRecordsMax, inRequest);
    send(request, producer, broker);
  };
  engine.runUntil(engine.nowNs + forNs);
  Reflect.deleteProperty(producers, 'send');
  if (seen === 0) throw new Error('no request was sent');
  return {
    requests: seen,
    recordsMean: records / seen,
    recordsFit: capacity / records,
    batchRecordsMax,
    requestRecordsMax,
    fullest,
    shared: shared / seen,
  };
}
