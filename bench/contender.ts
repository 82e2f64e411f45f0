import { createRequire } from 'node:module';
import FlatQueue from 'flatqueue';
import { Engine } from '../sim/engine/index.ts';
import { EventQueue } from '../sim/engine/queue.ts';

/**
 * A load for the hold model: `pending` chains, each event of which schedules the next one of its chain. With `timeouts`,
 * each event also cancels its chain's time-out and sets a new one, so that half of all events are cancelled.
 */
export interface Load {
  readonly pending: number;
  /** Delays, integer ns, used round and round. Their number is a power of two. */
  readonly incrementsNs: Float64Array;
  /** When the chains begin, integer ns, round and round. Default: each after an increment. */
  readonly startsNs?: Float64Array;
  readonly timeouts: boolean;
  /** Added to the successor's time to give the time-out's, ns. */
  readonly timeoutNs: number;
}

/** A queue under a load: `run` lets n events happen. */
export interface Contender {
  run(n: number): void;
}

export interface ContenderKind {
  readonly name: string;
  /** What it promises of events at one time. */
  readonly ties: string;
  start(load: Load): Contender;
}

/** Tokens for queues that can't cancel: a mark by token, met when the event comes up. Enough for 2^22 events pending. */
class Tombstones {
  readonly chainOf = new Int32Array(2 ** 22);
  readonly dead = new Uint8Array(2 ** 22);
  private last = 0;

  token(chain: number): number {
    this.last = (this.last + 1) & (2 ** 22 - 1);
    this.chainOf[this.last] = chain;
    return this.last;
  }
}

const engine: ContenderKind = {
  name: 'spillway engine',
  ties: 'structural',
  start({ pending, incrementsNs, startsNs = incrementsNs, timeouts, timeoutNs }) {
    const engine = new Engine({ pendingHint: pending });
    const mask = incrementsNs.length - 1;
    const ordinals = new Int32Array(pending);
    const handles = new Float64Array(pending);
    let i = 0;
    const expire = (): void => {
      throw new Error('a time-out was not cancelled');
    };
    const plain = (chain: number): void => {
      engine.schedule(engine.nowNs + incrementsNs[i++ & mask], kind, chain, ordinals[chain]++, 0);
    };
    const guarded = (chain: number): void => {
      const atNs = engine.nowNs + incrementsNs[i++ & mask];
      engine.cancel(handles[chain]);
      handles[chain] = engine.timer(atNs + timeoutNs, expiry, chain, ordinals[chain], 0);
      engine.schedule(atNs, kind, chain, ordinals[chain]++, 0);
    };
    const kind = engine.kind('next', timeouts ? guarded : plain);
    const expiry = engine.kind('time-out', expire);
    for (let chain = 0; chain < pending; chain++) engine.schedule(startsNs[chain % startsNs.length], kind, chain, 0, 0);
    return {
      run: (n) => {
        engine.runUntil(Number.MAX_SAFE_INTEGER, n);
      },
    };
  },
};

const queue: ContenderKind = {
  name: 'spillway queue',
  ties: 'by rank',
  start({ pending, incrementsNs, startsNs = incrementsNs, timeouts, timeoutNs }) {
    const queue = new EventQueue(pending);
    const { pool } = queue;
    const mask = incrementsNs.length - 1;
    const handles = new Float64Array(pending);
    let i = 0;
    for (let chain = 0; chain < pending; chain++) queue.push(startsNs[chain % startsNs.length], chain, 0, 0);
    return {
      run: (n) => {
        while (n > 0) {
          const event = queue.head();
          const nowNs = pool.timeNs(event);
          const chain = pool.rank(event);
          const dead = pool.isCancelled(event);
          queue.drop(event);
          if (dead) continue;
          n--;
          const atNs = nowNs + incrementsNs[i++ & mask];
          if (timeouts) {
            pool.cancel(handles[chain]);
            if (pool.cancelledCount > 4096 && 2 * pool.cancelledCount > queue.size) queue.rebuild(nowNs);
            handles[chain] = pool.arm(queue.push(atNs + timeoutNs, chain, 0, 0));
          }
          queue.push(atNs, chain, 0, 0);
        }
      },
    };
  },
};

const flat: ContenderKind = {
  name: 'flatqueue',
  ties: 'none',
  start({ pending, incrementsNs, startsNs = incrementsNs, timeouts, timeoutNs }) {
    const queue = new FlatQueue();
    const mask = incrementsNs.length - 1;
    let i = 0;
    if (!timeouts) {
      for (let chain = 0; chain < pending; chain++) queue.push(chain, startsNs[chain % startsNs.length]);
      return {
        run: (n) => {
          while (n-- > 0) {
            const nowNs = queue.peekValue() as number;
            queue.push(queue.pop() as number, nowNs + incrementsNs[i++ & mask]);
          }
        },
      };
    }
    const tombstones = new Tombstones();
    const { chainOf, dead } = tombstones;
    const tokens = new Int32Array(pending);
    for (let chain = 0; chain < pending; chain++)
      queue.push(tombstones.token(chain), startsNs[chain % startsNs.length]);
    return {
      run: (n) => {
        while (n > 0) {
          const nowNs = queue.peekValue() as number;
          const token = queue.pop() as number;
          if (dead[token] === 1) {
            dead[token] = 0;
            continue;
          }
          n--;
          const chain = chainOf[token];
          const atNs = nowNs + incrementsNs[i++ & mask];
          if (tokens[chain] !== 0) dead[tokens[chain]] = 1;
          tokens[chain] = tombstones.token(chain);
          queue.push(tokens[chain], atNs + timeoutNs);
          queue.push(tombstones.token(chain), atNs);
        }
      },
    };
  },
};

interface HeapEvent {
  timeNs: number;
  chain: number;
  order: number;
  dead: boolean;
}

/** The binary heap of objects with a comparator that most would write first. */
class ObjectHeap {
  private readonly events: HeapEvent[] = [];
  private readonly compare: (a: HeapEvent, b: HeapEvent) => number;

  constructor(compare: (a: HeapEvent, b: HeapEvent) => number) {
    this.compare = compare;
  }

  push(event: HeapEvent): void {
    const { events } = this;
    let i = events.length;
    events.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.compare(event, events[parent]) >= 0) break;
      events[i] = events[parent];
      i = parent;
    }
    events[i] = event;
  }

  pop(): HeapEvent {
    const { events } = this;
    const top = events[0];
    const last = events.pop() as HeapEvent;
    const n = events.length;
    if (n === 0) return top;
    let i = 0;
    for (let child = 1; child < n; child = 2 * i + 1) {
      if (child + 1 < n && this.compare(events[child + 1], events[child]) < 0) child++;
      if (this.compare(last, events[child]) <= 0) break;
      events[i] = events[child];
      i = child;
    }
    events[i] = last;
    return top;
  }
}

const objects: ContenderKind = {
  name: 'object heap',
  ties: 'insertion',
  start({ pending, incrementsNs, startsNs = incrementsNs, timeouts, timeoutNs }) {
    const heap = new ObjectHeap((a, b) => a.timeNs - b.timeNs || a.order - b.order);
    const mask = incrementsNs.length - 1;
    const guards: (HeapEvent | undefined)[] = new Array(pending).fill(undefined);
    let i = 0;
    let order = 0;
    const add = (timeNs: number, chain: number): HeapEvent => {
      const event = { timeNs, chain, order: order++, dead: false };
      heap.push(event);
      return event;
    };
    for (let chain = 0; chain < pending; chain++) add(startsNs[chain % startsNs.length], chain);
    return {
      run: (n) => {
        while (n > 0) {
          const event = heap.pop();
          if (event.dead) continue;
          n--;
          const atNs = event.timeNs + incrementsNs[i++ & mask];
          if (timeouts) {
            const guard = guards[event.chain];
            if (guard !== undefined) guard.dead = true;
            guards[event.chain] = add(atNs + timeoutNs, event.chain);
          }
          add(atNs, event.chain);
        }
      },
    };
  },
};

/** The part of simjs that is driven here; it ships without types. */
interface SimjsRequest {
  cancel(): void;
  done(callback: (chain: number) => void, context: object, argument: number): SimjsRequest;
}
interface SimjsEntity {
  setTimer(durationNs: number): SimjsRequest;
}
interface Simjs {
  Sim: new () => {
    simulate(endNs: number, eventsMax: number): boolean;
    addEntity(entity: unknown): SimjsEntity;
  };
  Entity: new (...args: unknown[]) => SimjsEntity;
}

function loadSimjs(): Simjs {
  const scope = globalThis as { window?: { Sim?: Simjs } };
  // Its bundle exports nothing to Node: it only leaves itself on a `window`.
  const before = scope.window;
  const window: { Sim?: Simjs } = {};
  scope.window = window;
  createRequire(import.meta.url)('simjs');
  if (before === undefined) delete scope.window;
  else scope.window = before;
  if (window.Sim === undefined) throw new Error('simjs did not load');
  return window.Sim;
}

let simjsModule: Simjs | undefined;

const simjs: ContenderKind = {
  name: 'simjs',
  ties: 'insertion',
  start({ pending, incrementsNs, startsNs = incrementsNs, timeouts, timeoutNs }) {
    simjsModule ??= loadSimjs();
    const { Sim, Entity } = simjsModule;
    const sim = new Sim();
    class Chains extends Entity {
      start(): void {}
    }
    const chains = sim.addEntity(Chains);
    const mask = incrementsNs.length - 1;
    const guards: (SimjsRequest | undefined)[] = new Array(pending).fill(undefined);
    let i = 0;
    let count = 0;
    const expire = (): void => {
      throw new Error('a time-out was not cancelled');
    };
    const next = (chain: number): void => {
      count++;
      const incrementNs = incrementsNs[i++ & mask];
      if (timeouts) {
        guards[chain]?.cancel();
        guards[chain] = chains.setTimer(incrementNs + timeoutNs).done(expire, chains, chain);
      }
      chains.setTimer(incrementNs).done(next, chains, chain);
    };
    for (let chain = 0; chain < pending; chain++) {
      chains.setTimer(startsNs[chain % startsNs.length]).done(next, chains, chain);
    }
    return {
      run: (n) => {
        // It counts cancelled events as well, so go on until enough have been delivered.
        const end = count + n;
        while (count < end) sim.simulate(Number.POSITIVE_INFINITY, end - count);
      },
    };
  },
};

export const CONTENDERS: readonly ContenderKind[] = [engine, queue, flat, objects, simjs];
