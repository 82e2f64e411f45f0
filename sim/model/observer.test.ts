import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DROP_CAUSES } from '../../src/record.ts';
import { IntervalSet } from '../ledger/intervals.ts';
import { Simulation } from '../simulation.ts';
import { Observer, type Offer, type RouteRange } from './observer.ts';
import { anyWorld, generic, MS, type SmallWorld, smallWorld } from './small-world.fixture.ts';

/** Kinds of fault after which a leader may lack what it had. */
const TAKES_TAILS = /^(broker|host|zone|controller|rolling)-/;

/** Keeps books of its own from what it is told. */
class Bookkeeper extends Observer {
  offers = 0;
  admitted = 0;
  readonly drops: Record<string, number> = {};
  readonly deliveredTo = new Map<string, IntervalSet>();
  copies = 0;
  lostRecords = 0;
  readonly faults: string[] = [];

  override offered({ n, admitted }: Offer): void {
    this.offers += n;
    this.admitted += admitted;
  }
  override dropped(_stream: number, n: number, cause: number): void {
    this.drops[DROP_CAUSES[cause]!] = (this.drops[DROP_CAUSES[cause]!] ?? 0) + n;
  }
  override delivered({ sink, partition, from, to }: RouteRange): void {
    const key = `${sink}/${partition}`;
    const set = this.deliveredTo.get(key) ?? new IntervalSet();
    this.deliveredTo.set(key, set);
    this.copies += to - from - set.add(from, to);
  }
  override lost({ from, to }: RouteRange): void {
    this.lostRecords += to - from;
  }
  override fault(fault: { kind: string }, begins: boolean, nowNs: number): void {
    this.faults.push(`${nowNs / MS} ms: ${fault.kind} ${begins ? 'begins' : 'ends'}`);
  }

  get unique(): number {
    let sum = 0;
    for (const set of this.deliveredTo.values()) sum += set.count;
    return sum;
  }
}

const positive = (counts: object): number => Object.values(counts).reduce((sum: number, n) => sum + Math.max(0, n), 0);

const run = (world: SmallWorld, fidelity: 'record' | 'request', observe?: Observer) => {
  const simulation = new Simulation(smallWorld({ ...world, fidelity }), observe === undefined ? {} : { observe });
  simulation.advance();
  return simulation.finish();
};

describe('an observer', () => {
  it('changes nothing, and could keep the books from what it is told', () => {
    let strict = 0;
    fc.assert(
      fc.property(anyWorld, fc.constantFrom('record' as const, 'request' as const), (world, fidelity) => {
        const books = new Bookkeeper();
        const observed = run(world, fidelity, books);
        expect(observed).toEqual(run(world, fidelity));
        const { ledger } = observed;
        expect(books.offers).toBe(ledger.offered);
        expect(books.drops).toEqual(ledger.dropped);
        const routes = ledger.routes.reduce((sum, { delivered }) => sum + delivered, 0);
        // Second copies in a log are delivered too, and stand beside the ledger's sum.
        const inLogs = ledger.routes.reduce((sum, { duplicates }) => sum + (duplicates['log-duplicate'] ?? 0), 0);
        // What a sink had before a leader died with it, and the producer stored again, counts as backlog until it comes again,
        // or as lost if it never does.
        if (world.faults?.some(({ kind }) => TAKES_TAILS.test(kind))) {
          expect(books.unique).toBeGreaterThanOrEqual(routes + inLogs);
          const missing = ledger.routes.reduce((sum, { backlog, lost }) => sum + backlog + positive(lost), 0);
          expect(books.unique).toBeLessThanOrEqual(routes + inLogs + missing);
          return;
        }
        strict++;
        expect(books.unique).toBe(routes + inLogs);
        const copies: number[] = ledger.routes.flatMap(({ duplicates }) => Object.values(duplicates) as number[]);
        expect(books.copies).toBe(copies.reduce((sum, n) => sum + n, 0) - inLogs);
      }),
      { numRuns: 60 },
    );
    expect(strict).toBeGreaterThan(15);
  });

  it('hears of faults when they begin and end', () => {
    const books = new Bookkeeper();
    const faults = [
      { kind: 'sink-stop', atNs: 500 * MS, forNs: 600 * MS, sink: 'generic' },
      { kind: 'router-crash', atNs: 900 * MS, sink: 'generic', container: 0 },
    ] as const;
    run({ sinks: [generic], faults }, 'request', books);
    expect(books.faults).toEqual([
      '500 ms: sink-stop begins',
      '900 ms: router-crash begins',
      '1100 ms: sink-stop ends',
    ]);
  });
});

describe('traffic that ends', () => {
  it('offers nothing more, and leaves the records before it as they were', () => {
    for (const arrivals of ['even', 'poisson'] as const) {
      const scenario = smallWorld({ arrivals, policy: { lingerNs: 10 * MS } });
      const offeredBy = (untilNs: number | undefined, atNs: number) => {
        const producers = { ...scenario.producers, ...(untilNs !== undefined && { untilNs }) };
        const simulation = new Simulation({ ...scenario, producers });
        simulation.advance({ untilNs: atNs });
        return simulation.finish().ledger;
      };
      const before = offeredBy(undefined, 800 * MS - 1);
      expect(offeredBy(800 * MS, 800 * MS - 1).offered).toBe(before.offered);
      expect(offeredBy(800 * MS, 2_000 * MS)).toMatchObject({ inFlight: 0, balanced: true });
      expect(Math.abs(offeredBy(800 * MS, 2_000 * MS).offered - before.offered)).toBeLessThanOrEqual(1);
    }
  });
});
