/** The loss of `retention.yaml`, computed by hand from when records come, and compared to the record. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, type Scenario, Simulation } from '../sim/index.ts';

const FILE = join(import.meta.dirname, 'retention.yaml');
const SECOND = 1e9;
const MINUTE = 60 * SECOND;
/** A bulk waits this long for company, and has none here: records come further apart. */
const BULK_AGE = SECOND;
/** More than anything else takes here: trips, replication and a bulk come to some 10 ms. */
const MARGIN = 0.03 * SECOND;

interface Topic {
  readonly bytes: number;
  /** When record k is offered, ns: evenly spaced, from a phase that the seed gives. */
  readonly offeredNs: (k: number) => number;
}

/** Records offered, and by then also through, before the time: none comes so shortly before it that both could not hold. */
function before(topic: Topic, ns: number): number {
  const gap = topic.offeredNs(1) - topic.offeredNs(0);
  const n = Math.max(0, Math.ceil((ns - topic.offeredNs(0)) / gap));
  if (n > 0) expect(ns - topic.offeredNs(n - 1)).toBeGreaterThan(MARGIN);
  return n;
}

/** What Elasticsearch never gets of a topic with one partition, each of whose records is one append and one bulk. */
function lossOf(topic: Topic, scenario: Scenario): number {
  const cluster = scenario.clusters.find(({ name }) => name === 'normal')!;
  const { router } = scenario.sinks.find(({ name }) => name === 'elasticsearch')!;
  const fault = scenario.faults[0] as { atNs: number; forNs: number };

  // Delivered before the stop: what was offered a bulk's age before it.
  const delivered = before(topic, fault.atNs - BULK_AGE);
  // Held by the router meanwhile: it fetches, a record at a time, while another full fetch would still fit.
  const held = Math.floor((router.bufferBytes - router.fetchBytesMax) / topic.bytes) + 1;

  // A segment takes whole records. It goes at the first check at which its last record is older than retention; the
  // router comes back between two checks and reads on long before the next.
  const segment = Math.floor(cluster.segmentBytes / topic.bytes);
  const returnNs = fault.atNs + fault.forNs;
  const lastCheckNs = Math.floor(returnNs / cluster.retentionCheckNs) * cluster.retentionCheckNs;
  const expired = before(topic, lastCheckNs - cluster.retentionNs);
  const start = segment * Math.floor(expired / segment);

  return Math.max(0, start - (delivered + held));
}

function runAndCompute(seed: number, sets: readonly string[] = []) {
  const scenario = loadScenario(FILE, { seed, sets });
  const simulation = new Simulation(scenario);
  const topics = scenario.topics.map((topic, stream): Topic => {
    const firstNs = simulation.arrivals.nextNs(stream);
    return { bytes: topic.recordBytes, offeredNs: (k) => firstNs + (k * SECOND) / topic.recordsPerSecond };
  });
  const expected = topics.reduce((sum, topic) => sum + lossOf(topic, scenario), 0);
  simulation.advance();
  const { ledger } = simulation.finish();
  return { expected, ledger, route: (name: string) => ledger.routes.find(({ sink }) => sink === name)! };
}

describe('a sink that is away for 2 h', () => {
  it('loses nothing under a retention of 8 h, and its lag returns to zero', () => {
    const { expected, ledger, route } = runAndCompute(1, ['clusters.normal.retention=8h']);
    expect(expected).toBe(0);
    expect(route('elasticsearch').lost).toEqual({});
    expect(route('elasticsearch').backlog).toBe(0);
    expect(route('elasticsearch').delivered).toBe(ledger.offered);
  });

  // Seeds of which no record comes so near a boundary that milliseconds decide.
  describe.each([1, 4, 6])('with seed %i', (seed) => {
    it.each([
      { name: 'under 1 h', sets: [] },
      { name: 'under 100 min, with small segments', sets: ['clusters.normal.retention=100min', 'log.segment=37kB'] },
      {
        name: 'with rare checks and routers that hold more',
        sets: ['log.retentionCheck=47min', 'router.buffer=800kB'],
      },
    ])('loses what arithmetic says $name', ({ sets }) => {
      const { expected, ledger, route } = runAndCompute(seed, sets);
      expect(route('elasticsearch').lost).toEqual(expected === 0 ? {} : { retention: expected });
      expect(route('elasticsearch').backlog).toBe(0);
      expect(route('elasticsearch').delivered).toBe(ledger.offered - expected);
      expect(route('s3').delivered).toBe(ledger.offered);
    });
  });

  it('loses thousands of records under 1 h, and none while everything lies in one segment', () => {
    expect(runAndCompute(1).route('elasticsearch').lost.retention).toBeGreaterThan(3000);
    const { expected, route } = runAndCompute(1, ['log.segment=1GiB']);
    expect([expected, route('elasticsearch').lost]).toEqual([0, {}]);
  });
});

it('counts times from the end of the warm-up', () => {
  const scenario = loadScenario(FILE);
  expect((scenario.faults[0] as { atNs: number }).atNs).toBe(10 * MINUTE + scenario.warmupNs);
});
