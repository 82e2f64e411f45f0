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
    const id = oracle.add({ timeNs, kind, entity, ordinal, data });
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
