/**
 * The event queue in the hold model: with a steady number pending, take the next event and schedule one more. Prints
 * million events a second and the ratio to flatqueue, which keeps no order among ties and can't cancel (it is given
 * tombstones), so it does less. All contenders take turns in each round; figures are medians of the rounds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Engine, type RandomStream } from '../sim/engine/index.ts';
import { CONTENDERS, type Load } from './contender.ts';

const INCREMENTS = 2 ** 16;
const MEAN_NS = 50_000_000;

interface Shape {
  readonly name: string;
  readonly incrementsNs: Float64Array;
  /** Times are multiples of this, ns. */
  readonly gridNs: number;
  readonly timeouts: boolean;
}

function drawn(draw: (random: RandomStream) => number): Float64Array {
  const random = new Engine({ seed: 1 }).stream('increments');
  return Float64Array.from({ length: INCREMENTS }, () => Math.round(draw(random)));
}

/** Delays recorded from the main job: a JSON array of integer ns. */
function recorded(): Float64Array | undefined {
  for (const path of ['bench/increments.json', new URL('./increments.json', import.meta.url)]) {
    if (!existsSync(path)) continue;
    const increments: number[] = JSON.parse(readFileSync(path, 'utf8'));
    return Float64Array.from({ length: INCREMENTS }, (_, i) => increments[i % increments.length]);
  }
  return undefined;
}

function shapes(): Shape[] {
  const exponential = drawn((random) => random.exponential(MEAN_NS));
  const list: Shape[] = [
    { name: 'exponential', incrementsNs: exponential, gridNs: 1, timeouts: false },
    {
      name: 'bimodal: 0.3 ms trips, 100 ms lingers',
      incrementsNs: drawn((random) =>
        random.uniform() < 0.5 ? 300_000 * (1 + random.exponential(0.1)) : 100_000_000 + random.uniform() * 100_000,
      ),
      gridNs: 1,
      timeouts: false,
    },
    {
      name: 'ties: whole milliseconds',
      incrementsNs: drawn((random) => 1_000_000 * Math.round(random.exponential(MEAN_NS / 1_000_000))),
      gridNs: 1_000_000,
      timeouts: false,
    },
    { name: '50 % cancelled', incrementsNs: exponential, gridNs: 1, timeouts: true },
  ];
  const incrementsNs = recorded();
  if (incrementsNs === undefined)
    console.log('bench/increments.json is missing: no run as recorded from keystone-2015');
  else list.push({ name: 'as recorded from keystone-2015', incrementsNs, gridNs: 1, timeouts: false });
  return list;
}

/**
 * What is left of the chains' current increments when chains have been going for long: points spread evenly over all the
 * increments laid end to end, so that a long one is found under way more often. Otherwise all would begin in step.
 */
function startsOf({ incrementsNs, gridNs }: Shape, pending: number): Float64Array {
  const stepNs = incrementsNs.reduce((sum, incrementNs) => sum + incrementNs, 0) / pending;
  let i = 0;
  let endNs = incrementsNs[0];
  return Float64Array.from({ length: pending }, (_, chain) => {
    const pointNs = (chain + 0.5) * stepNs;
    while (endNs < pointNs) endNs += incrementsNs[++i];
    return gridNs * Math.floor((endNs - pointNs) / gridNs);
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Million events a second of each contender, one figure per round. */
function measure(load: Load, rounds: number, events: number): number[][] {
  const started = CONTENDERS.map((kind) => kind.start(load));
  // Until every chain has moved a few times the times pending aren't yet spread as the load spreads them.
  for (const contender of started) contender.run(Math.max(events, 3 * load.pending));
  const rates: number[][] = started.map(() => []);
  for (let round = 0; round < rounds; round++) {
    started.forEach((contender, i) => {
      const startNs = process.hrtime.bigint();
      contender.run(events);
      rates[i].push((events * 1000) / Number(process.hrtime.bigint() - startNs));
    });
  }
  return rates;
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(44) : cell.padStart(17))).join('');
}

export async function run({ quick }: { quick: boolean }): Promise<void> {
  const rounds = quick ? 5 : 11;
  const events = quick ? 100_000 : 400_000;
  console.log('Engine, hold model: million events a second (times flatqueue), medians of interleaved rounds');
  for (const shape of shapes()) {
    console.log(`\n${row([shape.name, ...CONTENDERS.map((kind) => kind.name)])}`);
    for (const pending of quick ? [100, 10_000] : [100, 10_000, 1_000_000]) {
      const { incrementsNs, timeouts } = shape;
      const load: Load = { pending, incrementsNs, startsNs: startsOf(shape, pending), timeouts, timeoutNs: MEAN_NS };
      const rates = measure(load, rounds, events);
      const flat = rates[CONTENDERS.findIndex((kind) => kind.name === 'flatqueue')];
      const cells = rates.map((own) => {
        const ratio = median(own.map((rate, round) => rate / flat[round]));
        return `${median(own).toFixed(2)} (${ratio.toFixed(2)}x)`;
      });
      console.log(row([`  ${pending} pending`, ...cells]));
    }
  }
  console.log(`\n${row(['order of ties', ...CONTENDERS.map((kind) => kind.ties)])}`);
}
