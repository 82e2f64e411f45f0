import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine/index.ts';
import { EagerReplicaSet } from './eager-follower.ts';
import { PartitionLog } from './log.ts';
import { NaiveLog } from './naive-log.fixture.ts';
import type { ReplicaSetOptions } from './replica-set-options.ts';
import { ReplicaSet } from './replication.ts';

const KEEP = { segmentBytes: 1e12, segmentNs: 1e15 };
const FOREVER = Number.POSITIVE_INFINITY;

/** One replica that leads at first, and a follower for each trip and phase; between followers the longer trip counts. */
const options = (followers: readonly [tripNs: number, phaseNs: number][], lagMaxNs = 1000): ReplicaSetOptions => ({
  phasesNs: [11, ...followers.map(([, phaseNs]) => phaseNs)],
  tripNs: (from, to) => Math.max(0, ...[from, to].map((replica) => followers[replica - 1]?.[0] ?? 0)),
  processNs: 5,
  lagMaxNs,
  checkNs: Math.ceil(lagMaxNs / 2),
  lagRecordsMax: FOREVER,
  truncation: 'epoch',
});

/** A leader's log with one record of 10 bytes every 7 ns. */
function steady(until: number): PartitionLog {
  const log = new PartitionLog({ ...KEEP, exactNs: FOREVER });
  for (let atNs = 7; atNs <= until; atNs += 7) log.append(atNs, 1, 10, atNs, atNs);
  return log;
}

describe('ReplicaSet', () => {
  it('without followers has the high watermark at the end of the log', () => {
    const set = new ReplicaSet(steady(70), options([]));
    expect([set.highWatermarkAt(21), set.highWatermarkAt(27), set.inSyncAt(30)]).toEqual([3, 3, 1]);
  });

  it('has what was appended by a fetch a trip and its processing later, and tells so by the next fetch', () => {
    // Fetches are served at 3, 28, 53, …; the answer of 28 is processed at 28 + 10 + 5.
    const set = new ReplicaSet(steady(70), options([[10, 3]]));
    expect([42, 43, 67, 68].map((atNs) => set.endAt(1, atNs))).toEqual([0, 4, 4, 7]);
    expect([52, 53, 77, 78].map((atNs) => set.highWatermarkAt(atNs))).toEqual([0, 4, 4, 7]);
  });

  it('commits when the slowest follower has told, which is when the high watermark passes', () => {
    const log = steady(2000);
    const set = new ReplicaSet(log, options([[10, 3], [30, 44]])); // biome-ignore format: pairs
    for (let atNs = 7; atNs < 1500; atNs += 7) {
      const committedNs = set.committedAtNs(atNs, atNs);
      expect(set.highWatermarkAt(committedNs - 1)).toBeLessThan(atNs / 7);
      expect(set.highWatermarkAt(committedNs)).toBeGreaterThanOrEqual(atNs / 7);
    }
  });

  it('holds the high watermark for a stopped follower until the check after its time is up', () => {
    const log = steady(4000);
    const set = new ReplicaSet(log, options([[10, 3]]));
    expect(set.highWatermarkAt(300)).toBe(36);
    set.stop(1, 300);
    // Last caught up at the fetch before its last, 253; later than 1253 it may leave; checks are at 500, 1000, 1500.
    expect(set.committedAtNs(600, 600)).toBe(1500);
    expect([set.highWatermarkAt(1499), set.inSyncAt(1499)]).toEqual([36, 2]);
    expect([set.highWatermarkAt(1500), set.inSyncAt(1500)]).toEqual([214, 1]);
    expect(set.endAt(1, 1500)).toBe(39);
  });

  it('lets a follower that returns catch up at its rate, then join at the high watermark', () => {
    const log = new PartitionLog({ ...KEEP, exactNs: FOREVER });
    const set = new ReplicaSet(log, options([[10, 0]]));
    set.stop(1, 100);
    for (let i = 0; i < 40; i++) log.append(2000 + i, 10, 100, 2000, 2000);
    set.start(1, 2500, 8e9);
    // 200 bytes a period of 25: fetches at 2510, 2535, … bring two batches each, the twentieth the last.
    expect(set.neededFromOffset()).toBe(0);
    expect([2524, 2525, 2550].map((atNs) => set.endAt(1, atNs))).toEqual([0, 20, 40]);
    expect(set.inSyncAt(2510 + 20 * 25 - 1)).toBe(1);
    expect(set.inSyncAt(2510 + 20 * 25)).toBe(2);
    expect(set.neededFromOffset()).toBe(FOREVER);
  });

  it('stands still while the leader is stopped', () => {
    const log = steady(400);
    const set = new ReplicaSet(log, options([[10, 3]]));
    set.stop(0, 300);
    log.truncateAfter(300);
    expect([set.highWatermarkAt(9000), set.inSyncAt(9000), set.endAt(1, 9000)]).toEqual([36, 2, 39]);
    expect(set.committedAtNs(9000, 9000)).toBe(FOREVER);
    set.start(0, 9000, 1);
    expect([9002, 9003, 9028].map((atNs) => set.highWatermarkAt(atNs))).toEqual([36, 39, 42]);
    expect(set.inSyncAt(20_000)).toBe(2);
  });

  it('refuses transitions that cannot be', () => {
    const set = new ReplicaSet(steady(70), options([[10, 3]]));
    expect(() => set.start(1, 10, 1)).toThrow('never stopped');
    expect(() => set.start(0, 10, 1)).toThrow('a leader that runs does not start');
    set.stop(1, 10);
    expect(() => set.stop(1, 11)).toThrow('a stopped follower does not stop');
  });
});

/** A life of a partition: waits between what happens, and what happens; impossible transitions are left out. */
const happening = fc.record({
  waitNs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 900 })),
  aheadNs: fc.integer({ min: 0, max: 60 }),
  what: fc.constantFrom(
    ...(['append', 'append', 'append', 'append', 'burst', 'ask', 'ask'] as const),
    ...(['toggle', 'toggle', 'toggle', 'lead', 'lead', 'remove', 'freeze'] as const),
    ...(['add', 'drop', 'turn'] as const),
  ),
  i: fc.integer({ min: 0, max: 3 }),
  bytes: fc.integer({ min: 0, max: 300 }),
  /** Bytes a second: from less than what comes in to no bound. */
  rate: fc.constantFrom(5e8, 5e9, 5e10, FOREVER),
});
const world = fc.record({
  followers: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(100)), { minLength: 0, maxLength: 5 }),
  /** Replicas there at first, the leader besides; others are added later. */
  first: fc.integer({ min: 0, max: 3 }),
  lagRecordsMax: fc.constantFrom(FOREVER, 12),
  truncation: fc.constantFrom('epoch' as const, 'high-watermark' as const),
  life: fc.array(happening, { minLength: 1, maxLength: 120, size: 'max' }),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;
interface Answer {
  readonly nowNs: number;
  readonly highWatermark: number;
  readonly inSync: number;
  readonly ends: readonly number[];
  readonly told: readonly number[];
}

/** Lives a life with the eager set and, over the given log, a lazy one; the answers of both, to the same questions. */
function liveTwice(
  { followers, first, life, lagRecordsMax, truncation }: World,
  log: PartitionLog,
  asks: 'as-told' | 'at-end',
): { lazy: Answer[]; eager: Answer[]; lost: number } {
  const engine = new Engine();
  const appendKind = engine.kind('append', () => {});
  const model = new NaiveLog(KEEP);
  const how = { ...options(followers, 300), lagRecordsMax, truncation };
  /** Number of the replica at each place of the assignment, and of the next one to be added. */
  let ids = Array.from({ length: 1 + Math.min(first, followers.length) }, (_, i) => i);
  let next = ids.length;
  const eager = new EagerReplicaSet(engine, model, how, next);
  const lazy = new ReplicaSet(log, { ...how, phasesNs: how.phasesNs.slice(0, next) });
  const reshape = (to: number[]) => {
    const from = to.map((id) => ids.indexOf(id));
    ids = to;
    const tripNs = (one: number, other: number) => how.tripNs(to[one], to[other]);
    lazy.reshape(from, nowNs, { phaseNs: (place) => how.phasesNs[to[place]], tripNs, startBytes: 0 });
  };
  const answers = { lazy: [] as Answer[], eager: [] as Answer[], lost: 0 };
  const down = new Array<boolean>(followers.length + 1).fill(false);
  let lastNs = 0;
  let nowNs = 0;
  const ask = () => {
    const each = ids.map((_, place) => place);
    answers.lazy.push({
      nowNs,
      highWatermark: lazy.highWatermarkAt(nowNs),
      inSync: lazy.inSyncAt(nowNs),
      ends: each.map((i) => lazy.endAt(i, nowNs)),
      told: each.map((i) => lazy.toldAt(i, nowNs)),
    });
    answers.eager.push({
      nowNs,
      highWatermark: eager.highWatermark(),
      inSync: eager.inSync(),
      ends: ids.map((id) => eager.endOf(id)),
      told: ids.map((id) => eager.toldOf(id)),
    });
  };
  const takeBack = () => {
    expect(log.truncateAfter(nowNs)).toBe(model.truncateAfter(nowNs));
    lastNs = nowNs;
  };
  for (const { waitNs, aheadNs, what, i, bytes, rate } of life) {
    nowNs += waitNs;
    engine.runUntil(nowNs);
    if (what === 'append' || what === 'burst') {
      for (let n = 0; n < (what === 'burst' ? 20 : 1) && !down[ids[lazy.leader]]; n++) {
        lastNs = Math.max(lastNs + (what === 'burst' ? 1 : 0), nowNs + 1 + aheadNs);
        model.append(lastNs, 1 + (n % 4), bytes, nowNs, nowNs);
        log.append(lastNs, 1 + (n % 4), bytes, nowNs, nowNs);
        engine.schedule(lastNs, appendKind, 0, 0, 0);
      }
    } else if (what === 'ask') {
      if (asks === 'as-told') ask();
    } else if (what === 'add') {
      if (next > followers.length) continue;
      eager.add(next);
      reshape([...ids.slice(0, i), next, ...ids.slice(i)]);
      eager.start(next, rate);
      lazy.start(ids.indexOf(next++), nowNs, rate);
    } else if (i >= ids.length) {
      continue;
    } else if (what === 'drop') {
      if (i === lazy.leader) continue;
      eager.drop(ids[i]);
      reshape(ids.filter((_, place) => place !== i));
    } else if (what === 'turn') {
      reshape([...ids.slice(i), ...ids.slice(0, i)]);
    } else if (what === 'toggle') {
      down[ids[i]] = !down[ids[i]];
      if (down[ids[i]]) {
        eager.stop(ids[i]);
        lazy.stop(i, nowNs);
        if (i === lazy.leader) takeBack();
      } else {
        eager.start(ids[i], rate);
        lazy.start(i, nowNs, rate);
      }
    } else if (what === 'lead' && !down[ids[i]] && (i !== lazy.leader || down[ids[lazy.leader]])) {
      takeBack();
      const before = log.endBytes;
      eager.lead(
        ids[i],
        (id) => !down[id],
        (from) => model.cutTail(from, nowNs),
      );
      const keeps = (place: number) => !down[ids[place]];
      lazy.lead(i, nowNs, { keeps, cutTail: (from) => log.cutTail(from, nowNs, 'leader-lost') });
      if (log.endBytes < before) answers.lost++;
    } else if (what === 'freeze') {
      // Odd or even, so that it thaws as often.
      eager.freeze(i % 2 === 0);
      lazy.freeze(i % 2 === 0, nowNs);
    } else if (what === 'remove' && i !== lazy.leader) {
      eager.remove(ids[i]);
      lazy.remove(i, nowNs);
    }
    engine.runUntil(nowNs);
  }
  for (let more = 0; more < 30; more++) {
    nowNs += 17;
    engine.runUntil(nowNs);
    ask();
  }
  return answers;
}

/** What the log knows singly, and what merged: records and creation times of each entry. */
function entriesOf(log: PartitionLog): number[][] {
  const entries: number[][] = [];
  log.visit(log.knownFromOffset(), log.endOffset(), (...entry) => entries.push(entry));
  return entries;
}

/** A frozen in-sync set lets nobody in: a follower that has caught up is still in trouble when another replica leads. */
const CAUGHT_UP_AND_NOT_LET_IN: World = {
  followers: [
    [1, 0],
    [2, 0],
  ],
  first: 3,
  lagRecordsMax: FOREVER,
  truncation: 'epoch',
  life: [
    ...(
      [
        ['toggle', 1],
        ['toggle', 0],
        ['toggle', 2],
        ['toggle', 1],
        ['lead', 1],
        ['toggle', 1],
        ['freeze', 0],
        ['toggle', 0],
        ['toggle', 2],
        ['toggle', 1],
      ] as const
    ).map(([what, i]) => ({ waitNs: 0, aheadNs: 0, what, i, bytes: 0, rate: 5e8 })),
    { waitNs: 1, aheadNs: 8, what: 'append', i: 0, bytes: 5, rate: 5e8 },
    { waitNs: 12, aheadNs: 0, what: 'append', i: 0, bytes: 0, rate: 5e8 },
    { waitNs: 4, aheadNs: 0, what: 'lead', i: 0, bytes: 0, rate: 5e8 },
  ],
};

describe('lazy replication', () => {
  it('equals the eager one to the record, whoever stops and returns', () => {
    fc.assert(
      fc.property(world, (generated) => {
        const { lazy, eager } = liveTwice(generated, new PartitionLog({ ...KEEP, exactNs: FOREVER }), 'as-told');
        expect(lazy).toEqual(eager);
      }),
      { numRuns: 250, examples: [[CAUGHT_UP_AND_NOT_LET_IN]] },
    );
  });

  it('gives the same answers however rarely it was asked before, and however much the log has merged', () => {
    fc.assert(
      fc.property(world, (generated) => {
        const merging = { ...KEEP, entriesMax: 8, exactNs: 150 };
        const logs = [new PartitionLog(merging), new PartitionLog(merging)];
        const asked = liveTwice(generated, logs[0], 'as-told');
        const rarely = liveTwice(generated, logs[1], 'at-end');
        expect(rarely.lazy).toEqual(asked.lazy.slice(-rarely.lazy.length));
        // Followers out of sync stand where the entries kept say, so these must be the same as well.
        expect(entriesOf(logs[1])).toEqual(entriesOf(logs[0]));
      }),
      { numRuns: 120 },
    );
  });

  it('lets several join in the order of their fetches, though nobody asked meanwhile', () => {
    const trip = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(
        trip,
        trip,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 150 }),
        (one, two, everyNs, waitNs) => {
          const answers = [1, waitNs + 1].map((stepNs) => {
            const log = new PartitionLog({ ...KEEP, exactNs: FOREVER });
            for (let atNs = everyNs; atNs < 1300; atNs += everyNs) log.append(atNs, 1, 10, 0, 0);
            const set = new ReplicaSet(log, options([[one, 0], [two, 0]], 300)); // biome-ignore format: pairs
            for (const i of [1, 2]) set.stop(i, 100);
            for (const i of [1, 2]) set.start(i, 1000, FOREVER);
            for (let atNs = 1000; atNs < 1000 + waitNs; atNs += stepNs) set.inSyncAt(atNs);
            return [set.inSyncAt(1000 + waitNs), set.highWatermarkAt(1000 + waitNs)];
          });
          expect(answers[1]).toEqual(answers[0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('over a merged log still tells to the record what matters: high watermark, in-sync set, when each joins', () => {
    // Only where a follower out of sync stands, and hence from where it goes on if stopped again, is known to a merged entry.
    const simpler = world.map((generated) => {
      const toggles = [0, 0, 0, 0];
      return {
        ...generated,
        life: generated.life.filter(
          ({ what, i }) => what !== 'lead' && (what !== 'toggle' || (i > 0 && ++toggles[i] <= 2)),
        ),
      };
    });
    fc.assert(
      fc.property(simpler, (generated) => {
        const { lazy, eager } = liveTwice(
          generated,
          new PartitionLog({ ...KEEP, entriesMax: 8, exactNs: 150 }),
          'as-told',
        );
        const told = ({ ends: _, ...rest }: Answer) => rest;
        expect(lazy.map(told)).toEqual(eager.map(told));
      }),
      { numRuns: 120 },
    );
  });

  it('is tried where it matters: followers leave, catch up and join', () => {
    let left = 0;
    let joined = 0;
    for (const generated of fc.sample(world, { numRuns: 100, seed: 7 })) {
      const { eager } = liveTwice(generated, new PartitionLog({ ...KEEP, exactNs: FOREVER }), 'as-told');
      for (let at = 1; at < eager.length; at++) {
        if (eager[at].inSync < eager[at - 1].inSync) left++;
        if (eager[at].inSync > eager[at - 1].inSync) joined++;
      }
    }
    expect(left).toBeGreaterThan(30);
    expect(joined).toBeGreaterThan(30);
  });
});
