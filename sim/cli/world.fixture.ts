import { resultFixture } from '../report/result.fixture.ts';
import type { RunResult } from '../report/result.ts';
import type { LoadOptions, Written } from '../scenario/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Failure } from '../testing/failure.ts';
import type { FoundFailure, SearchNews, SearchTask } from '../testing/search-task.ts';
import type { SavedCase } from '../testing/token.ts';
import type { Io } from './io.ts';
import type { Search } from './search.ts';
import type { Kit, RunningSimulation, World } from './world.ts';

/** A terminal that remembers. `interrupt()` is Ctrl-C; each reading of the clock is `tickMs` later. */
export class FakeIo implements Io {
  stdout = '';
  stderr = '';
  outIsTerminal = false;
  errIsTerminal = false;
  columns = 80;
  colour = false;
  tickMs = 10;
  listeners = new Set<() => void>();
  #nowMs = 0;
  #pressed = false;

  out(text: string): void {
    this.stdout += text;
  }
  err(text: string): void {
    this.stderr += text;
  }
  nowMs(): number {
    this.#nowMs += this.tickMs;
    return this.#nowMs;
  }
  peakRssBytes(): number {
    return 100_000_000;
  }
  /** Signals arrive here, and only here, as in a real process. */
  async turn(): Promise<void> {
    if (!this.#pressed) return;
    this.#pressed = false;
    for (const listener of this.listeners) listener();
  }
  onInterrupt(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }
  interrupt(): void {
    this.#pressed = true;
  }
}

/** Counts events instead of simulating; a record taken away shows in its books as it would in real ones. */
export class FakeSimulation implements RunningSimulation {
  readonly endNs = 10e9;
  nowNs = 0;
  events = 0;
  recordsOffered = 100;
  recordsStored = 100;
  changes: Partial<RunResult> = {};

  advance({ budgetEvents }: { budgetEvents: number }): boolean {
    this.events += budgetEvents;
    this.nowNs = Math.min(this.endNs, this.nowNs + 1e9);
    return this.nowNs === this.endNs;
  }

  finish(): RunResult {
    if (this.recordsStored !== this.recordsOffered) {
      throw new Error(`offered ${this.recordsOffered} but accounted for ${this.recordsStored}`);
    }
    return resultFixture({ simulatedSeconds: this.nowNs / 1e9, complete: this.nowNs === this.endNs, ...this.changes });
  }
}

class FakeScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Knows one scenario, `laptop`. */
export class FakeWorld implements World {
  readonly running = new FakeSimulation();
  overrides: LoadOptions | null = null;

  load(source: string, overrides: LoadOptions): Scenario {
    this.overrides = overrides;
    if (source !== 'laptop') throw new FakeScenarioError(`unknown preset ${source}; nearest: laptop`);
    const scenario = {
      name: 'laptop',
      seed: overrides.seed ?? 7,
      fidelity: 'request',
      warmupNs: 2e9,
      durationNs: 60e9,
      clusters: [{ brokers: 3 }, { brokers: 3 }],
      topics: [{ streams: 40 }, { streams: 20 }],
      producers: { instances: 12 },
      sinks: [{}, {}],
      faults: [],
      assertions: [{}],
      guesses: [],
    };
    return scenario as unknown as Scenario;
  }
  written(): Written {
    return { name: 'laptop' } as unknown as Written;
  }
  hash(): string {
    return '3fa2c81b9d0e47556a1f';
  }
  presets(): { name: string; summary: string }[] {
    return [
      { name: 'laptop', summary: 'small' },
      { name: 'keystone-2015', summary: '8 M/s' },
    ];
  }
  explain(path: string): ReturnType<World['explain']> {
    if (path !== 'producers.linger') throw new FakeScenarioError(`${path} is no setting`);
    return {
      path,
      meaning: 'How long a batch waits.',
      expected: 'a duration, such as 250ms',
      default: '5ms',
      source: 'AK linger.ms',
      profiles: [{ profile: '0.8.2', value: '0ms' }],
      presets: [{ preset: 'keystone-2015', value: '100ms', guess: 'all of them' }],
      settings: [],
    };
  }
  template(): string {
    return 'extends: laptop\n';
  }
  simulation(): FakeSimulation {
    return this.running;
  }
}

/** Searches nothing: says what it is told to say, 20 schedules at a time. */
export class FakeKit implements Kit {
  /** Found in the n-th slice, from 1; never while it is null. */
  found: { readonly slice: number; readonly failure: FoundFailure } | null = null;
  /** What a replay comes to. */
  replayed: Failure | null = null;
  former: FoundFailure | null = null;
  task: SearchTask | null = null;
  threads = 0;
  slices = 0;
  stopped = false;

  threadsMax(): number {
    return 2;
  }
  search(task: SearchTask, { threads, turn }: { threads: number; turn: () => Promise<void> }): Search {
    this.task = task;
    this.threads = threads;
    return {
      next: async () => {
        await turn();
        this.slices++;
        return { schedules: 20, failure: this.slices === this.found?.slice ? this.found.failure : null };
      },
      stop: async () => {
        this.stopped = true;
      },
    };
  }
  corpus(_task: SearchTask, cases: readonly SavedCase[]): SearchNews {
    return { schedules: cases.length, failure: this.former };
  }
  replay(): Failure | null {
    return this.replayed;
  }
}
