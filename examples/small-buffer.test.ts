/** The drops of `small-buffer.yaml`, computed by hand from when records come, and compared to the record. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';

const FILE = join(import.meta.dirname, 'small-buffer.yaml');
const SECOND = 1e9;
/** Longer than it takes to be noticed that the cluster is back, and for a first answer: 24 ms of back-off, 8 of trips. */
const MARGIN = 0.035 * SECOND;

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
    const first = simulation.arrivals.nextNs(stream);
    const before = (ns: number): number => {
      const n = Math.ceil((ns - first) / gap);
      const last = first + (n - 1) * gap;
      // Just before the cut it may be under way, just after the return it may still find the buffer full.
      expect(Math.min(ns - last, last + gap - ns)).toBeGreaterThan(MARGIN);
      return n;
    };
    dropped += Math.max(0, before(returnNs) - before(fault.atNs) - held);
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
    simulation.advance({ untilNs: returnNs + SECOND });
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
