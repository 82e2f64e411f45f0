/** What retention takes from a route whose sink is away, by hand: from when records come and what a router holds. */
import { expect } from 'vitest';
import type { Scenario, Simulation } from '../sim/index.ts';

const SECOND = 1e9;
/** A bulk waits this long for company, and has none here: records come further apart. */
const BULK_AGE = SECOND;
/** More than anything else takes here: trips, replication and a bulk come to some 10 ms. */
const MARGIN = 0.03 * SECOND;

export interface Topic {
  readonly bytes: number;
  /** When record k is offered, ns: evenly spaced, from a phase that the seed gives. */
  readonly offeredNs: (k: number) => number;
}

/** Records offered, and by then also through, before the time: none comes so shortly before it that both could not hold. */
export function recordsBefore(topic: Topic, ns: number): number {
  const gap = topic.offeredNs(1) - topic.offeredNs(0);
  const n = Math.max(0, Math.ceil((ns - topic.offeredNs(0)) / gap));
  if (n > 0) expect(ns - topic.offeredNs(n - 1)).toBeGreaterThan(MARGIN);
  return n;
}

/** The scenario's topics, in order. */
export function topicsOf(scenario: Scenario, { arrivals }: Simulation): Topic[] {
  return scenario.topics.map((topic, stream) => {
    const firstNs = arrivals.nextNs(stream);
    return { bytes: topic.recordBytes, offeredNs: (k) => firstNs + (k * SECOND) / topic.recordsPerSecond };
  });
}

/**
 * Of a topic with one partition, each of whose records is one append and one bulk: where the router for Elasticsearch
 * asks on when its sink is back, and where the log begins then.
 */
export function afterTheStop(topic: Topic, scenario: Scenario): { readonly position: number; readonly start: number } {
  const cluster = scenario.clusters.find(({ name }) => name === 'normal')!;
  const { router } = scenario.sinks.find(({ name }) => name === 'elasticsearch')!;
  const fault = scenario.faults[0] as { atNs: number; forNs: number };

  // Delivered before the stop: what was offered a bulk's age before it.
  const delivered = recordsBefore(topic, fault.atNs - BULK_AGE);
  // Held by the router meanwhile: it fetches, a record at a time, while another full fetch would still fit.
  const held = Math.floor((router.bufferBytes - router.fetchBytesMax) / topic.bytes) + 1;

  // A segment takes whole records. It goes at the first check at which its last record is older than retention; the
  // router comes back between two checks and reads on long before the next.
  const segment = Math.floor(cluster.segmentBytes / topic.bytes);
  const returnNs = fault.atNs + fault.forNs;
  const lastCheckNs = Math.floor(returnNs / cluster.retentionCheckNs) * cluster.retentionCheckNs;
  const expired = recordsBefore(topic, lastCheckNs - cluster.retentionNs);
  const start = segment * Math.floor(expired / segment);

  return { position: delivered + held, start };
}
