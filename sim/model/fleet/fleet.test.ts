import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elasticsearch, HOUR, kafka, MIN, MS, RECORD_BYTES, S, SteadyWorld, s3 } from './fleet.fixture.ts';

describe('a router fleet', () => {
  it('brings every record to the sink once, while nothing fails', () => {
    const world = new SteadyWorld({ sinks: [s3('lake')], untilNs: MIN }).runUntil(2 * MIN);
    expect(world.books()).toMatchObject({ stored: 12_000, delivered: 12_000, backlog: 0, relaunch: 0, retry: 0 });
    expect(world.lag()).toEqual({ records: 0, ageNs: 0 });
    expect(world.positions).toEqual([3000, 3000, 3000, 3000]);
    const { latency } = world.fleet.books;
    expect(latency[0].count).toBe(12_000);
    // A file is open for 2 s, or as long as two partitions take to fill 200 records: 2 s too.
    expect(latency[0].mean / S).toBeGreaterThan(0.9);
    expect(latency[0].max / S).toBeLessThan(2.5);
  });

  it('loses nothing to a sink that is down for 2 h under a longer retention, and its lag returns to zero', () => {
    const world = new SteadyWorld({ sinks: [s3('lake')], everyNs: 100 * MS, untilNs: 4 * HOUR, retentionNs: 8 * HOUR });
    world.runUntil(HOUR);
    world.fleet.stopSink('lake');
    world.runUntil(3 * HOUR);
    expect(world.lag().records / (2 * 3600 * 40)).toBeCloseTo(1, 2);
    expect(world.lag().ageNs / HOUR).toBeCloseTo(2, 2);
    expect(world.books().lost).toBe(0);
    world.fleet.startSink('lake');
    world.runUntil(4 * HOUR + MIN);
    expect(world.books()).toMatchObject({ stored: 576_000, delivered: 576_000, lost: 0, retry: 0 });
    expect(world.lag()).toEqual({ records: 0, ageNs: 0 });
  });

  it('loses what retention takes before the sink is back, less what routers already held', () => {
    const world = new SteadyWorld({ sinks: [s3('lake')], everyNs: 100 * MS, untilNs: 4 * HOUR, retentionNs: HOUR });
    world.runUntil(HOUR);
    world.fleet.stopSink('lake');
    world.runUntil(3 * HOUR);
    const before = world.books();
    expect(before.delivered + before.lost + before.backlog).toBe(before.stored);
    world.fleet.startSink('lake');
    world.runUntil(4 * HOUR + MIN);
    const after = world.books();
    expect(after.backlog).toBe(0);
    expect(after.delivered + after.lost).toBe(576_000);
    // Fetched before it was gone: at most what both buffers hold.
    const arithmetic = 3600 * 40;
    expect(arithmetic - after.lost).toBeGreaterThan(0);
    expect(arithmetic - after.lost).toBeLessThanOrEqual((2 * 100_000) / RECORD_BYTES + 4);
  });

  it('rereads after a crash at most what lay between the last commit and it', () => {
    const world = new SteadyWorld({ sinks: [s3('lake')], untilNs: MIN });
    world.runUntil(28 * S);
    const [job] = world.fleet.plan.jobs;
    const uncommitted = [0, 2].reduce(
      (sum, p) => sum + world.fleet.books.position(p) - world.fleet.checkpoints.committed(p),
      0,
    );
    world.fleet.crashContainer('lake', 0);
    expect(world.fleet.runOf(job, 0)).toBeNull();
    world.runUntil(47 * S);
    expect(world.lag().ageNs).toBeGreaterThan(18 * S);
    world.runUntil(2 * MIN);
    const { delivered, relaunch, retry } = world.books();
    expect({ delivered, retry, relaunches: world.fleet.relaunches }).toEqual({
      delivered: 12_000,
      retry: 0,
      relaunches: 1,
    });
    expect(uncommitted).toBeGreaterThan(0);
    expect(relaunch).toBeGreaterThanOrEqual(uncommitted);
    // What was on its way to the sink may have landed after the crash.
    expect(relaunch).toBeLessThanOrEqual(uncommitted + 2 * 200);
  });

  it('relaunches only once both stores are there', () => {
    for (const store of ['desiredState', 'checkpoints'] as const) {
      const world = new SteadyWorld({ sinks: [s3('lake')], untilNs: MIN });
      world.runUntil(10 * S);
      world.fleet[store].stop();
      world.fleet.crashContainer('lake', 1);
      world.runUntil(2 * MIN);
      expect(world.fleet.containersRunning).toBe(1);
      if (store === 'desiredState') world.fleet.startDesiredStateStore();
      else world.fleet.startCheckpointStore();
      world.runUntil(3 * MIN);
      expect(world.fleet.containersRunning).toBe(2);
      expect(world.books()).toMatchObject({ delivered: 12_000, backlog: 0 });
      expect(world.fleet.checkpoints.committed(0)).toBe(3000);
    }
  });

  it('waits for brokers that cannot be reached and goes on where it was', () => {
    const world = new SteadyWorld({ sinks: [s3('lake')], untilNs: MIN });
    world.runUntil(10 * S).reachable = false;
    world.runUntil(40 * S).reachable = true;
    world.runUntil(2 * MIN);
    expect(world.books()).toMatchObject({ delivered: 12_000, backlog: 0, relaunch: 0 });
  });

  it('in a shared job stalls the good sink with the bad one; jobs of their own do not', () => {
    const lagOfTheGoodOne = (sharedWith: string[]) => {
      const world = new SteadyWorld({ sinks: [s3('good', { sharedWith }), s3('bad')] });
      world.runUntil(10 * S);
      world.fleet.stopSink('bad');
      world.runUntil(2 * MIN);
      expect(world.fleet.plan.jobs.length).toBe(sharedWith.length === 0 ? 2 : 1);
      return world.lag('good').ageNs / S;
    };
    expect(lagOfTheGoodOne([])).toBeLessThan(3);
    expect(lagOfTheGoodOne(['bad'])).toBeGreaterThan(100);
  });

  it('a shared job commits only what both sinks have, so a crash gives the good one copies', () => {
    const world = new SteadyWorld({ sinks: [s3('good', { sharedWith: ['bad'] }), s3('bad')], untilNs: MIN });
    world.runUntil(10 * S);
    world.fleet.stopSink('bad');
    world.runUntil(30 * S);
    world.fleet.crashContainer('bad', 0);
    world.fleet.startSink('bad');
    world.runUntil(3 * MIN);
    for (const name of ['good', 'bad']) expect(world.books(name)).toMatchObject({ delivered: 12_000, backlog: 0 });
    expect(world.books('good').relaunch).toBeGreaterThan(world.books('bad').relaunch);
  });

  it('keeps trying a sink that rejects what is too much for it', () => {
    const es = elasticsearch('search', { recordsPerSecond: 150, queueMax: 2 }, { containers: 4 });
    const world = new SteadyWorld({ sinks: [es], untilNs: MIN }).runUntil(MIN);
    expect(world.fleet.writes.rejects[0]).toBeGreaterThan(10);
    expect(world.books().delivered / (150 * 60)).toBeGreaterThan(0.9);
    expect(world.books().delivered / (150 * 60)).toBeLessThan(1.01);
    world.runUntil(3 * MIN);
    expect(world.books()).toMatchObject({ delivered: 12_000, backlog: 0, retry: 0 });
  });

  it('by credit, sends no more than the sink has asked for, and drains', () => {
    const world = new SteadyWorld({ sinks: [s3('lake', { backpressure: 'credit', credit: 30 })], untilNs: MIN });
    for (let at = 0; at <= 2 * MIN; at += 333 * MS) {
      world.runUntil(at);
      for (let consumer = 0; consumer < 2; consumer++) {
        const run = world.fleet.runOf(world.fleet.plan.jobs[0], consumer)!;
        expect(run.core.creditOf(0)).toBeGreaterThanOrEqual(0);
      }
    }
    expect(world.books()).toMatchObject({ delivered: 12_000, backlog: 0 });
  });

  it('writes to consumer Kafka through its door, round its partitions', () => {
    const world = new SteadyWorld({ sinks: [kafka('streams')], untilNs: MIN }).runUntil(2 * MIN);
    expect(world.books()).toMatchObject({ delivered: 12_000, backlog: 0, retry: 0 });
    expect(world.produced.reduce((sum, write) => sum + write.records, 0)).toBe(12_000);
    expect(new Set(world.produced.map((write) => write.partition))).toEqual(new Set([4, 5, 6, 7]));
    expect(world.fleet.books.latency[0].max).toBeLessThan(20 * MS);
  });

  it('gives up a produce request that is not answered; what landed all the same comes twice', () => {
    for (const mode of ['silent', 'late', 'refused'] as const) {
      const world = new SteadyWorld({ sinks: [kafka('streams')], untilNs: MIN });
      world.runUntil(10 * S).produceMode = mode;
      world.runUntil(10 * S + 100 * MS).produceMode = 'ok';
      world.runUntil(3 * MIN);
      const books = world.books();
      expect(books).toMatchObject({ delivered: 12_000, backlog: 0, relaunch: 0 });
      expect(books.retry > 0).toBe(mode === 'late');
      const sent = world.produced.reduce((sum, write) => sum + write.records, 0);
      expect(sent).toBe(books.delivered + books.retry);
    }
  });

  it('adds containers when lag stays high', () => {
    const scaling = {
      containersMin: 1,
      containersMax: 4,
      lagSecondsUp: 10,
      lagSecondsDown: -1,
      window: 10,
      hits: 6,
      sampleNs: S,
      cooldownNs: 30 * S,
    };
    // One put a second of at most 80 records keeps up with 80 of 200 records/s: it takes three containers.
    const slow = { ...s3('lake', { containers: 1, writesInFlightMax: 1, scaling }), fileBytes: 8000, putLatencyNs: S };
    const world = new SteadyWorld({ sinks: [slow], untilNs: 10 * MIN }).runUntil(10 * MIN);
    expect(world.fleet.plan.jobs[0].containers).toBeGreaterThanOrEqual(3);
    expect(world.fleet.rebalances).toBeGreaterThanOrEqual(2);
    world.runUntil(20 * MIN);
    const { delivered, relaunch, retry } = world.books();
    expect({ delivered, relaunch, retry }).toEqual({ delivered: 120_000, relaunch: 0, retry: 0 });
  });

  it('shows a hole when somebody commits what was not written', () => {
    const world = new SteadyWorld({ sinks: [s3('lake')] }).runUntil(30 * S);
    world.books();
    world.fleet.checkpoints.save(0, 1499);
    world.fleet.crashContainer('lake', 0);
    world.runUntil(MIN);
    expect(() => world.books()).toThrow(/route 0/);
  });

  it('gives the same events for the same seed', () => {
    const digest = (seed: number) => {
      const sinks = [elasticsearch('search', { recordsPerSecond: 150, queueMax: 2 })];
      return new SteadyWorld({ sinks, seed }).runUntil(MIN).engine.digest();
    };
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
  });
});

const FAULTS = [
  'stop a',
  'start a',
  'stop b',
  'start b',
  'crash',
  'checkpoints',
  'desired',
  'brokers',
  'late',
] as const;

describe('whatever fails and returns, the books of a router fleet', () => {
  it('balance at every step, and all is delivered or lost once all is well', () => {
    const faults = fc.array(fc.tuple(fc.constantFrom(...FAULTS), fc.nat(7), fc.integer({ min: 1, max: 8 * S })), {
      maxLength: 25,
    });
    const retentions = fc.constantFrom(Infinity, 20 * S);
    fc.assert(
      fc.property(faults, retentions, fc.boolean(), (what, retentionNs, shared) => {
        const quick = { relaunchNs: 300 * MS, commitIntervalNs: S, containers: 3 };
        const a = s3('a', { ...quick, sharedWith: shared ? ['b'] : [] });
        const world = new SteadyWorld({ sinks: [a, kafka('b', quick)], everyNs: 50 * MS, untilNs: MIN, retentionNs });
        let late = false;
        for (const [fault, i, forNs] of what) {
          if (fault.startsWith('stop')) world.fleet.stopSink(fault.slice(5));
          else if (fault.startsWith('start')) world.fleet.startSink(fault.slice(6));
          else if (fault === 'crash') world.fleet.crashContainer('ab'[i & 1], i >> 1);
          else if (fault === 'late') late = !late;
          else if (fault === 'brokers') world.reachable = !world.reachable;
          else if (fault === 'checkpoints') {
            if (world.fleet.checkpoints.stopped) world.fleet.startCheckpointStore();
            else world.fleet.checkpoints.stop();
          } else if (world.fleet.desiredState.stopped) world.fleet.startDesiredStateStore();
          else world.fleet.desiredState.stop();
          world.produceMode = late ? 'late' : 'ok';
          const until = world.engine.nowNs + forNs;
          for (let n = 0; world.engine.peekNs() <= until; n++) {
            world.engine.step();
            if (n % 16 === 0) world.books();
          }
        }
        world.reachable = true;
        world.produceMode = 'ok';
        for (const name of ['a', 'b']) world.fleet.startSink(name);
        world.fleet.startCheckpointStore();
        world.fleet.startDesiredStateStore();
        world.runUntil(world.engine.nowNs + 5 * MIN);
        for (const name of ['a', 'b']) expect(world.books(name).backlog).toBe(0);
        expect(world.fleet.writes.flights.count).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
