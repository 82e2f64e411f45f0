/** Schedules of faults: which, where, when and for how long. */
import fc from 'fast-check';
import type { Written } from '../../scenario/index.ts';
import { msOf, textOfMs } from './duration.ts';
import {
  FAULT_KINDS,
  type FaultKind,
  type FaultKindName,
  faultKind,
  type Strike,
  type WrittenFault,
} from './fault-kinds.ts';
import { lower, StagedArbitrary, shorter } from './staged.ts';
import { type Targets, targetsOf } from './targets.ts';

export interface ScheduleOptions {
  /** The kinds to draw from, as far as the world has what they strike. Default all. */
  readonly kinds?: readonly FaultKindName[];
  /** Which strikes are meant, such as those on one sink. Default all that the world has. */
  readonly where?: (strike: Strike, kind: FaultKindName) => boolean;
  /** Faults of a schedule at most. Default 4. */
  readonly faultsMax?: number;
  /** All faults begin and end within this time, a duration. Default `2s`. */
  readonly within?: string;
  /** Longest outage, a duration. Default what is left of `within`. */
  readonly forMax?: string;
  /** Shortest outage, a duration: shrinking stops there. Default `1ms`. */
  readonly forMin?: string;
  /** At least so much time lies between the end of a fault and the next: one at a time. Default they may overlap. */
  readonly apart?: string;
}

/** A fault in milliseconds; `forMs` is 0 for what happens at one moment. */
interface Draft {
  readonly kind: FaultKindName;
  readonly strike: Strike;
  readonly atMs: number;
  readonly forMs: number;
}

/** The bounds of a schedule, read once. */
interface Frame {
  readonly withinMs: number;
  readonly forMinMs: number;
  readonly forMaxMs: number;
  readonly apartMs: number | null;
  readonly faultsMax: number;
}

/**
 * Any schedule of faults for the world. Swarm style: each schedule first switches whole kinds off at random, so that
 * rare combinations are not drowned by common ones. Shrinks to fewer faults, then to shorter ones, then to round times.
 */
export function faultSchedules(world: Written, options: ScheduleOptions = {}): fc.Arbitrary<WrittenFault[]> {
  return schedulesOver(targetsOf(world), options);
}

export function schedulesOver(targets: Targets, options: ScheduleOptions): StagedArbitrary<WrittenFault[]> {
  const frame = frameOf(options);
  const kinds = (options.kinds?.map(faultKind) ?? FAULT_KINDS)
    .map((kind) => ({ ...kind, strikes: () => strikesOf(kind, targets, options) }))
    .filter(({ strikes }) => strikes().length > 0);
  return new StagedArbitrary(draws(kinds, targets, frame), (faults) => simpler(faults, frame));
}

function strikesOf({ kind, strikes }: FaultKind, targets: Targets, { where }: ScheduleOptions): readonly Strike[] {
  const all = strikes(targets);
  return where === undefined ? all : all.filter((strike) => where(strike, kind));
}

function frameOf({ faultsMax = 4, within = '2s', forMin = '1ms', forMax = within, apart }: ScheduleOptions): Frame {
  const withinMs = msOf(within);
  const forMinMs = Math.max(1, msOf(forMin));
  if (withinMs <= forMinMs) throw new RangeError(`within ${within}; expected more than ${forMin}, the shortest fault`);
  const forMaxMs = Math.max(forMinMs, Math.min(msOf(forMax), withinMs));
  return { withinMs, forMinMs, forMaxMs, apartMs: apart === undefined ? null : msOf(apart), faultsMax };
}

function draws(kinds: readonly FaultKind[], targets: Targets, frame: Frame): fc.Arbitrary<WrittenFault[]> {
  if (kinds.length === 0 || frame.faultsMax === 0) return fc.constant([]);
  return fc
    .subarray([...kinds], { minLength: 1 })
    .chain((enabled) =>
      fc.array(fc.oneof(...enabled.map((kind) => draft(kind, targets, frame))), {
        maxLength: frame.faultsMax,
        size: 'max',
      }),
    )
    .map((drafts) => spaced(drafts.sort(byTime), frame).map(write));
}

function draft(kind: FaultKind, targets: Targets, frame: Frame): fc.Arbitrary<Draft> {
  const { withinMs, forMinMs, forMaxMs } = frame;
  const strike = fc.constantFrom(...kind.strikes(targets));
  const lengths = fc.oneof(
    fc.integer({ min: forMinMs, max: Math.max(forMinMs, Math.floor(forMaxMs / 10)) }),
    fc.integer({ min: forMinMs, max: forMaxMs }),
  );
  return fc
    .record({
      strike,
      atMs: fc.integer({ min: 0, max: kind.early === true ? 0 : withinMs - forMinMs - 1 }),
      lengthMs: lengths,
    })
    .map(({ strike, atMs, lengthMs }) => ({
      kind: kind.kind,
      strike,
      atMs,
      forMs: kind.lasts ? Math.min(lengthMs, withinMs - atMs) : 0,
    }));
}

const byTime = (a: Draft, b: Draft): number => a.atMs - b.atMs;
const endOf = ({ atMs, forMs }: Draft): number => atMs + forMs;

/** Keeps only faults that leave the one before them its time. */
function spaced(drafts: readonly Draft[], { apartMs }: Frame): Draft[] {
  if (apartMs === null) return [...drafts];
  const kept: Draft[] = [];
  for (const each of drafts) {
    const last = kept.at(-1);
    if (last === undefined || each.atMs >= endOf(last) + apartMs) kept.push(each);
  }
  return kept;
}

function* simpler(faults: readonly WrittenFault[], frame: Frame): IterableIterator<WrittenFault[]> {
  yield* fewerFaults(faults);
  yield* shorterFaults(faults, frame);
}

export function* fewerFaults(faults: readonly WrittenFault[]): IterableIterator<WrittenFault[]> {
  yield* shorter(faults);
}

/** One fault shorter, or at a rounder time; the frame holds for every candidate. */
export function* shorterFaults(
  faults: readonly WrittenFault[],
  options: ScheduleOptions | Frame,
): IterableIterator<WrittenFault[]> {
  const frame = 'withinMs' in options ? options : frameOf(options);
  const drafts = faults.map(read);
  const put = (i: number, changed: Partial<Draft>): WrittenFault[] =>
    drafts.map((each, at) => (at === i ? { ...each, ...changed } : each)).map(write);
  for (const [i, { forMs }] of drafts.entries()) {
    if (forMs === 0) continue;
    for (const forShorter of lower(forMs, Math.min(forMs, frame.forMinMs))) yield put(i, { forMs: forShorter });
  }
  for (const [i, each] of drafts.entries()) {
    // The roundest time of all is the beginning.
    for (const step of [Infinity, 1000, 100, 10]) {
      const atMs = step === Infinity ? 0 : Math.floor(each.atMs / step) * step;
      if (atMs === each.atMs) break;
      const moved = [...drafts.slice(0, i), { ...each, atMs }, ...drafts.slice(i + 1)];
      const keepsOrder = i === 0 || moved[i - 1]!.atMs <= atMs;
      if (keepsOrder && spaced(moved, frame).length === moved.length) yield put(i, { atMs });
    }
  }
}

/** The same faults in a world that may have less to strike: each moves to the plainest target, or goes. */
export function repaired(
  faults: readonly WrittenFault[],
  targets: Targets,
  options: ScheduleOptions = {},
): WrittenFault[] {
  return faults.flatMap((fault) => {
    const strikes = strikesOf(faultKind(fault.kind), targets, options);
    if (strikes.length === 0) return [];
    const { kind, strike, atMs, forMs } = read(fault);
    const there = strikes.some((each) => Object.entries(each).every(([key, value]) => strike[key] === value));
    return [there ? fault : write({ kind, strike: strikes[0]!, atMs, forMs })];
  });
}

function write({ kind, strike, atMs, forMs }: Draft): WrittenFault {
  const times = { at: textOfMs(atMs), ...(forMs > 0 && { for: textOfMs(forMs) }) };
  return { kind, ...times, ...strike } as unknown as WrittenFault;
}

function read(fault: WrittenFault): Draft {
  const { kind, at, ...rest } = fault;
  const { for: lasting, ...strike } = rest as { for?: string } & Strike;
  return { kind, strike, atMs: msOf(at), forMs: lasting === undefined ? 0 : msOf(lasting) };
}
