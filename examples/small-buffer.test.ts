/** The drops of `small-buffer.yaml`, computed by hand from when records come, and compared to the record. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';

const FILE = join(import.meta.dirname, 'small-buffer.yaml');
const SECOND = 1e9;
/** Longer than what is left out here: trips, an answer, the jitter of back-offs. */
const MARGIN = 0.03 * SECOND;
/** How long a client waits for a connection that nobody answers (AK socket.connection.setup.timeout.ms). */
const CONNECT_TIMEOUT = 10 * SECOND;
/** When its system asks again meanwhile, from the first time on: each wait is twice the one before. */
const ASKED_AGAIN = [1, 3, 7].map((seconds) => seconds * SECOND);

function runAndCompute(seed: number, sets: readonly string[] = []) {
  const scenario = loadScenario(FILE, { seed, sets });
  const simulation = new Simulation(scenario);
  const { policy } = scenario.producers;
  const [topic] = scenario.topics;
  const fault = scenario.faults[0] as { atNs: number; forNs: number };
  const returnNs = fault.atNs + fault.forNs;
  // A record is a batch of its own and costs what both cost; what doesn't fit as a whole isn't admitted.
  const charge = topic!.recordBytes + policy.overheadBytesPerRecord + policy.overheadBytesPerBatch;
  const held = Math.floor(policy.bufferBytes / charge);

  let dropped = 0;
  for (let stream = 0; stream < topic!.streams; stream++) {
    const gap = (SECOND * topic!.streams) / topic!.recordsPerSecond;
    const phase = simulation.arrivals.nextNs(stream);
    // The first record of the outage. The one before it must not be under way any more.
    const firstNs = phase + Math.ceil((fault.atNs - phase) / gap) * gap;
    expect(fault.atNs - (firstNs - gap)).toBeGreaterThan(MARGIN);
    // With it the producer asks for a connection; refused, it waits and asks for another. The first time that it, or
    // its system, asks after the cluster is back, it is heard.
    let askedNs = firstNs + policy.lingerNs;
    while (askedNs + CONNECT_TIMEOUT < returnNs) askedNs += CONNECT_TIMEOUT + policy.reconnectBackoffNs;
    const heardNs = [0, ...ASKED_AGAIN, CONNECT_TIMEOUT].map((wait) => askedNs + wait).find((ns) => ns > returnNs)!;
    expect(heardNs - returnNs).toBeGreaterThan(MARGIN);
    // Until then it admits what fits, and nothing after that.
    const offered = Math.ceil((heardNs + MARGIN / 2 - firstNs) / gap);
    const aside = (heardNs - firstNs) % gap;
    expect(Math.min(aside, gap - aside)).toBeGreaterThan(MARGIN);
    dropped += Math.max(0, offered - held);
  }
  return { simulation, expected: dropped, held: held * topic!.streams, returnNs, cutNs: fault.atNs };
}

const totalsOf = (simulation: Simulation) => {
  const { ledger } = simulation.finish();
  return { stored: ledger.stored, inFlight: ledger.inFlight };
};

// Seeds whose records keep clear of both edges of the outage.
describe.each([2, 4, 5])('a cluster away for 30 s, with seed %i', (seed) => {
  it('makes producers drop what their buffers cannot hold, and nothing else', () => {
    const { simulation, expected } = runAndCompute(seed);
    simulation.advance();
    const { ledger } = simulation.finish();
    expect(expected).toBeGreaterThan(200);
    expect(ledger.dropped).toEqual({ 'buffer-full': expected });
    expect(ledger).toMatchObject({ unknown: 0, inFlight: 0, duplicates: {}, stored: ledger.offered - expected });
  });
});

describe('the same producers', () => {
  it('hold one record less where the overheads of 26 records and batches no longer fit', () => {
    const { simulation, expected, held } = runAndCompute(2, ['producers.policy.buffer=261700B']);
    simulation.advance();
    expect(held).toBe(4 * 25);
    expect(simulation.finish().ledger.dropped).toEqual({ 'buffer-full': expected });
  });

  it('drop as many when the oldest give way', () => {
    const { simulation, expected } = runAndCompute(2, ['producers.policy.overflow=drop-oldest']);
    simulation.advance();
    expect(simulation.finish().ledger.dropped).toEqual({ evicted: expected });
  });

  it('hold full buffers meanwhile, and send again by themselves', () => {
    const { simulation, held, cutNs, returnNs } = runAndCompute(2);
    simulation.advance({ untilNs: cutNs + 0.5 * SECOND });
    const cut = totalsOf(simulation);
    simulation.advance({ untilNs: returnNs });
    expect(totalsOf(simulation)).toEqual({ stored: cut.stored, inFlight: held });
    simulation.advance({ untilNs: returnNs + 2 * SECOND });
    const back = totalsOf(simulation);
    expect(back.stored).toBeGreaterThanOrEqual(cut.stored + held);
    expect(back.inFlight).toBeLessThanOrEqual(1);
    simulation.advance();
    expect(totalsOf(simulation).stored).toBeGreaterThan(back.stored);
  });

  it('drop nothing with larger buffers', () => {
    const { simulation, expected } = runAndCompute(2, ['producers.policy.buffer=1MiB']);
    simulation.advance();
    expect([expected, simulation.finish().ledger.dropped]).toEqual([0, {}]);
  });
});
