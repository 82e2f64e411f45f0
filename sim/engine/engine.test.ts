import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine, type EngineOptions } from './engine.ts';
import { InvariantError } from './invariant.ts';

interface Event {
  timeNs: number;
  kind: number;
  entity: number;
  ordinal: number;
  data: number;
}

/** What a handler does when it is told of an event: schedule some, cancel some. Times are relative to now. */
type Action =
  | { do: 'schedule' | 'timer'; inNs: number; kind: number; entity: number; ordinal: number; data: number }
  | { do: 'cancel'; pick: number };

/** The same promises, kept by sorting everything each time. */
class Oracle {
  nowNs = 0;
  private pending: (Event & { id: number })[] = [];
  private ids = 0;
  readonly handles: number[] = [];

  add(event: Event): number {
    this.pending.push({ ...event, id: ++this.ids });
    return this.ids;
  }

  hasTwin({ timeNs, kind, entity, ordinal, data }: Event): boolean {
    return this.pending.some(
      (each) =>
        each.timeNs === timeNs &&
        each.kind === kind &&
        each.entity === entity &&
        each.ordinal === ordinal &&
        each.data === data,
    );
  }

  cancel(id: number): boolean {
    const at = this.pending.findIndex((event) => event.id === id);
    if (at >= 0) this.pending.splice(at, 1);
    return at >= 0;
  }

  next(): Event | undefined {
    this.pending.sort(
      (a, b) =>
        a.timeNs - b.timeNs || a.kind - b.kind || a.entity - b.entity || a.ordinal - b.ordinal || a.data - b.data,
    );
    const event = this.pending.shift();
    if (event !== undefined) this.nowNs = event.timeNs;
    return event;
  }

  get size(): number {
    return this.pending.length;
  }
}

/** Engine and oracle, doing the same. `script` gives the actions after the n-th event. */
function compare(script: (n: number) => readonly Action[], eventsMax: number, options?: EngineOptions): void {
  const engine = new Engine(options);
  const oracle = new Oracle();
  const engineHandles: number[] = [];
  const oracleHandles: number[] = [];
  let seen = { kind: -1, entity: -1, data: -1 };
  for (let kind = 0; kind < 3; kind++) {
    engine.kind(`kind ${kind}`, (entity, data) => {
      seen = { kind, entity, data };
    });
  }
  const act = (action: Action): void => {
    if (action.do === 'cancel') {
      if (engineHandles.length === 0) return;
      const i = action.pick % engineHandles.length;
      expect(engine.cancel(engineHandles[i])).toBe(oracle.cancel(oracleHandles[i]));
      return;
    }
    const { inNs, kind, entity, ordinal, data } = action;
    const timeNs = engine.nowNs + inNs;
    const event = { timeNs, kind, entity, ordinal, data };
    // Two alike in all can't be told apart: which of them comes first only a cancellation could tell, and it may be either.
    if (oracle.hasTwin(event)) return;
    const id = oracle.add(event);
    if (action.do === 'schedule') {
      engine.schedule(timeNs, kind, entity, ordinal, data);
    } else {
      engineHandles.push(engine.timer(timeNs, kind, entity, ordinal, data));
      oracleHandles.push(id);
    }
  };
  script(0).forEach(act);
  for (let n = 1; n <= eventsMax; n++) {
    const expected = oracle.next();
    expect(engine.step()).toBe(expected !== undefined);
    if (expected === undefined) break;
    const { timeNs, kind, entity, data } = expected;
    expect({ timeNs: engine.nowNs, ...seen }).toEqual({ timeNs, kind, entity, data });
    expect(engine.pending).toBe(oracle.size);
    script(n).forEach(act);
  }
  expect(new Set(engineHandles).size).toBe(engineHandles.length);
}

const delay = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: 300_000 }),
  fc.integer({ min: 90_000_000, max: 110_000_000 }),
  fc.constant(3_600_000_000_000),
  fc.integer({ min: 0, max: 4_000_000_000_000_000 / 100 }),
);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('schedule' as const, 'timer' as const),
      inNs: delay,
      kind: fc.integer({ min: 0, max: 2 }),
      entity: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(0xffffff)),
      ordinal: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(0xffffff)),
      data: fc.oneof(fc.integer({ min: -1, max: 1 }), fc.constant(-0x80000000), fc.constant(0x7fffffff)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick: fc.nat() }) },
);

describe('the order of events', () => {
  it('is by time, then kind, entity, ordinal and data, with any mixture of delays, ties and cancellations', () => {
    fc.assert(
      fc.property(fc.array(fc.array(action, { maxLength: 4 }), { minLength: 1, maxLength: 60 }), (script) => {
        compare((n) => script[n] ?? [], 200);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['ties only', () => 0],
    ['steps of a millisecond', (draw: (n: number) => number) => draw(20) * 1_000_000],
    ['two scales', (draw: (n: number) => number) => (draw(2) === 0 ? draw(300_000) : 100_000_000 + draw(1000))],
    ['seven scales', (draw: (n: number) => number) => draw(9) * [1, 10, 1e3, 1e5, 1e7, 1e9, 1e11][draw(7)]],
    ['single nanoseconds', (draw: (n: number) => number) => draw(30)],
  ])('holds while the calendar is rebuilt again and again: %s', (_name, delayOf) => {
    const random = new Engine({ seed: 11 }).stream('script');
    const draw = (n: number): number => random.int(n);
    const make = (): Action =>
      draw(4) === 0
        ? { do: 'cancel', pick: draw(0x7fffffff) }
        : {
            do: draw(2) === 0 ? 'schedule' : 'timer',
            inNs: delayOf(draw),
            kind: draw(3),
            entity: draw(50),
            ordinal: draw(4),
            data: draw(3),
          };
    // Grows to some 700 pending, then shrinks until nothing is left.
    compare((n) => (n === 0 ? Array.from({ length: 400 }, make) : n < 900 ? [make(), make()] : []), 5000);
  });
});

/** An engine with kinds a and b that write down what they are told. */
function recorder(options?: EngineOptions) {
  const engine = new Engine(options);
  const seen: string[] = [];
  const a = engine.kind('a', (entity, data) => void seen.push(`${engine.nowNs} a ${entity} ${data}`));
  const b = engine.kind('b', (entity, data) => void seen.push(`${engine.nowNs} b ${entity} ${data}`));
  return { engine, seen, a, b };
}

describe('ties', () => {
  it('are broken by kind as registered, then entity, then ordinal, whatever order they were scheduled in', () => {
    const { engine, seen, a, b } = recorder();
    engine.schedule(5, b, 0, 0, 1);
    engine.schedule(5, a, 2, 0, 2);
    engine.schedule(5, a, 1, 9, 3);
    engine.schedule(5, a, 1, 8, 4);
    engine.schedule(4, b, 9, 9, 5);
    engine.runUntil(10);
    expect(seen).toEqual(['4 b 9 5', '5 a 1 4', '5 a 1 3', '5 a 2 2', '5 b 0 1']);
  });

  it('that arise while their time is being processed wait their turn, but not behind later times', () => {
    const { engine, seen, a } = recorder();
    const again = engine.kind('again', () => {
      engine.schedule(engine.nowNs, a, 7, 0, 0);
      seen.push('again');
    });
    engine.schedule(3, again, 0, 0, 0);
    engine.schedule(3, again, 1, 0, 0);
    engine.schedule(4, a, 0, 0, 0);
    engine.runUntil(4);
    expect(seen).toEqual(['again', '3 a 7 0', 'again', '3 a 7 0', '4 a 0 0']);
  });

  it('in their tens of thousands come in order too, added before or meanwhile', () => {
    const engine = new Engine();
    const order: number[] = [];
    const first = engine.kind('first', (entity) => {
      order.push(entity);
      if (entity < 20_000) engine.schedule(7, first, 60_000 - entity, 0, 0);
    });
    // 7919 is prime, so this visits every entity below 20,000 once, far from in order.
    for (let i = 0; i < 20_000; i++) engine.schedule(7, first, (i * 7919) % 20_000, 0, 0);
    engine.runUntil(7);
    const expected = Array.from({ length: 40_000 }, (_, i) => (i < 20_000 ? i : 20_001 + i));
    expect(order).toEqual(expected);
  });
});

describe('events alike but for their data', () => {
  it('come by data: hundreds of them, and the uneven crowds around them', () => {
    const random = new Engine({ seed: 5 }).stream('data');
    const event = (timeNs: number, ordinal: number): Action => {
      return { do: 'schedule', inNs: timeNs, kind: 1, entity: 1, ordinal, data: random.int(1e9) - 5e8 };
    };
    const crowd = Array.from({ length: 400 }, () => event(50_500, 5));
    // One outlier in time and one in ordinal, within one bucket, put all the others into one part.
    compare((n) => (n === 0 ? [...crowd, event(50_900, 0), event(50_500, 0xffffff)] : []), 1000);
  });
});

describe('running', () => {
  it('processes what is due up to and including the time given, and leaves the clock there', () => {
    const { engine, seen, a } = recorder();
    for (const timeNs of [1, 10, 11]) engine.schedule(timeNs, a, 0, 0, 0);
    expect(engine.peekNs()).toBe(1);
    expect(engine.runUntil(10)).toBe(2);
    expect(seen).toEqual(['1 a 0 0', '10 a 0 0']);
    expect([engine.nowNs, engine.pending, engine.peekNs(), engine.eventsProcessed]).toEqual([10, 1, 11, 2]);
    expect(engine.runUntil(20)).toBe(1);
    expect([engine.nowNs, engine.pending, engine.peekNs()]).toEqual([20, 0, Number.POSITIVE_INFINITY]);
    expect(engine.step()).toBe(false);
  });

  it('ends early by budget or by stop, with the clock at the last event, and goes on from there', () => {
    const { engine, a } = recorder();
    const stop = engine.kind('stop', () => engine.stop());
    for (let i = 1; i <= 5; i++) engine.schedule(i, i === 4 ? stop : a, 0, i, 0);
    expect(engine.runUntil(100, 2)).toBe(2);
    expect(engine.nowNs).toBe(2);
    expect(engine.runUntil(100)).toBe(2);
    expect(engine.nowNs).toBe(4);
    expect(engine.runUntil(100)).toBe(1);
    expect(engine.nowNs).toBe(100);
  });

  it('does not count a cancelled event against the budget', () => {
    const { engine, seen, a } = recorder();
    engine.cancel(engine.timer(1, a, 0, 0, 0));
    engine.schedule(2, a, 0, 0, 0);
    expect(engine.runUntil(9, 1)).toBe(1);
    expect(seen).toEqual(['2 a 0 0']);
  });

  it('is in order when much is scheduled behind a far event that was already looked at', () => {
    const { engine, a, b } = recorder();
    engine.schedule(3_600_000_000_000, b, 0, 0, 0);
    engine.peekNs();
    const delays = engine.stream('delays');
    for (let i = 0; i < 20_000; i++) engine.schedule(delays.int(2 ** 31), a, i, 0, 0);
    const times: number[] = [];
    while (engine.pending > 1) {
      engine.step();
      times.push(engine.nowNs);
    }
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(engine.peekNs()).toBe(3_600_000_000_000);
  });
});

describe('cancelling', () => {
  it('works once, before the event', () => {
    const { engine, seen, a } = recorder();
    const first = engine.timer(1, a, 1, 0, 0);
    const second = engine.timer(2, a, 2, 0, 0);
    engine.runUntil(1);
    expect(engine.cancel(first)).toBe(false);
    expect(engine.cancel(second)).toBe(true);
    expect(engine.cancel(second)).toBe(false);
    expect(engine.pending).toBe(0);
    engine.runUntil(9);
    expect(seen).toEqual(['1 a 1 0']);
  });

  it('of a stale handle never hits the timer that took its place', () => {
    const { engine, seen, a } = recorder();
    const handles = new Set<number>();
    for (let i = 1; i <= 1000; i++) {
      const handle = engine.timer(i, a, 0, i, 0);
      for (const stale of handles) expect(engine.cancel(stale)).toBe(false);
      if (handles.size < 50) handles.add(handle);
      engine.runUntil(i);
    }
    expect(seen.length).toBe(1000);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.5, 2 ** 26 + 5])(
    'refuses %d, which it never gave',
    (handle) => {
      const { engine, a } = recorder();
      engine.timer(1, a, 0, 0, 0);
      expect(engine.cancel(handle)).toBe(false);
      expect(engine.pending).toBe(1);
    },
  );

  it('keeps memory to what is live: a million long time-outs, each cancelled, take few places', () => {
    const { engine, a } = recorder({ pendingHint: 16 });
    let placeMax = 0;
    for (let i = 0; i < 1_000_000; i++) {
      const handle = engine.timer(30_000_000_000 + i, a, i & 0xffffff, 0, 0);
      placeMax = Math.max(placeMax, handle % 2 ** 26);
      engine.cancel(handle);
    }
    expect(engine.pending).toBe(0);
    expect(placeMax).toBeLessThan(10_000);
  });
});

describe('an impossible request', () => {
  const { engine, a } = recorder();
  engine.runUntil(100);
  it.each<[string, () => void]>([
    ['a time that has passed', () => engine.schedule(99, a, 0, 0, 0)],
    ['a timer for a time that has passed', () => engine.timer(99, a, 0, 0, 0)],
    ['no time', () => engine.schedule(Number.NaN, a, 0, 0, 0)],
    ['a time beyond exact integers', () => engine.schedule(2 ** 54, a, 0, 0, 0)],
    ['a kind that is not registered', () => engine.schedule(200, 2, 0, 0, 0)],
    ['a negative kind', () => engine.schedule(200, -1, 0, 0, 0)],
    ['an entity of 25 bits', () => engine.schedule(200, a, 2 ** 24, 0, 0)],
    ['a negative entity', () => engine.schedule(200, a, -1, 0, 0)],
    ['running backwards', () => engine.runUntil(99)],
    ['the same kind twice', () => engine.kind('a', () => {})],
  ])('throws: %s', (_name, request) => {
    expect(request).toThrow(InvariantError);
    expect(engine.pending).toBe(0);
  });

  it('throws: a 32nd kind', () => {
    const full = new Engine();
    for (let i = 0; i < 31; i++) full.kind(`kind ${i}`, () => {});
    expect(() => full.kind('one more', () => {})).toThrow(/at most 31/);
  });
});

describe('the digest', () => {
  /** Some events of one stream of draws, changed in one respect. */
  function digestOf(change: Partial<Event> = {}, seed = 1): string {
    const { engine, a } = recorder({ seed });
    const random = engine.stream('delays');
    for (let i = 0; i < 100; i++) {
      const event = { timeNs: random.int(1e9), kind: a, entity: i, ordinal: 1, data: 0, ...(i === 50 ? change : {}) };
      engine.schedule(event.timeNs, event.kind, event.entity, event.ordinal, event.data);
    }
    engine.runUntil(2e15);
    return engine.digest();
  }

  it('is the same for the same events, and on every machine', () => {
    expect(digestOf()).toBe(digestOf());
    expect(digestOf()).toBe('cbfecf82ffe43b67');
  });

  it('differs with the seed and with the time, kind, entity, ordinal or data of one event', () => {
    const digests = [
      digestOf(),
      digestOf({}, 2),
      digestOf({ timeNs: 5 }),
      digestOf({ timeNs: 5 + 2 ** 32 }),
      digestOf({ timeNs: 5 + 2 ** 50 }),
      digestOf({ kind: 1 }),
      digestOf({ entity: 2 ** 23 }),
      digestOf({ ordinal: 2 }),
      digestOf({ data: -1 }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('of the streams tells how far each has come, not in which order they were made', () => {
    const digest = (names: string[], drawFrom: string) => {
      const engine = new Engine({ seed: 3 });
      for (const name of names) engine.stream(name);
      engine.stream(drawFrom).next();
      return engine.streamsDigest();
    };
    expect(digest(['x', 'y'], 'x')).toBe(digest(['y', 'x'], 'x'));
    expect(digest(['x', 'y'], 'x')).not.toBe(digest(['x', 'y'], 'y'));
  });
});
