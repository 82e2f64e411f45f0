/** What a pipeline promises, whatever strikes it; and where a run falls short of it. */
import { parseQuantity } from '../scenario/index.ts';
import type { Loss, LossCause, ServiceClass } from './losses.ts';
import type { ScheduleRun } from './schedule-run.ts';

/** Records; a share of those offered, such as `1%`; or what follows from the schedule that was run. */
export type Limit = number | `${number}%` | ((run: ScheduleRun) => number);

export interface LossBound {
  readonly atMost: Limit;
  /** Only of this class; a share is then one of the class. Default all. */
  readonly class?: ServiceClass;
  /** Only by these causes. Default all. */
  readonly cause?: LossCause | readonly LossCause[];
  /** Only records that their producer was told are stored, by the acks it asked for. Record fidelity. Default all. */
  readonly acknowledged?: true;
  /** Only what this sink lacks. Default what any sink lacks, or no sink can get. */
  readonly sink?: string;
}

export interface DuplicatesBound {
  readonly atMost: Limit;
  /** Default all sinks together. */
  readonly sink?: string;
}

export interface StalenessBound {
  readonly atMost: string;
  readonly sink: string;
}

export interface Bounds {
  /** Records that were offered and are missing: dropped, unknown, or lost behind the logs. Counted once each. */
  readonly loss?: Limit | LossBound | readonly LossBound[];
  /** Copies that sinks took as new. */
  readonly duplicates?: Limit | DuplicatesBound;
  /**
   * First arrivals keep the order of offering, by key, or by stream and partition for records without one: in the logs
   * (`log`), or in each sink (`sinks`). Record fidelity.
   */
  readonly order?: 'log' | 'sinks';
  /** Longest from a record's offer until a sink has it, or any sink where none is named: a duration. */
  readonly staleness?: string | StalenessBound;
  /** Most that a producer holds, overhead included: bytes, or a size with its unit. */
  readonly memory?: number | string;
  /** Longest from healing until nothing offered before it is on its way: a duration. */
  readonly recovery?: string;
  /** After healing all drains: no record is on its way for ever, none is stuck. Default true. */
  readonly liveness?: boolean;
}

/** Which promise is broken. `books`: an invariant or the ledger; `determinism`: one seed, two runs. */
export type BoundName =
  | 'books'
  | 'assertion'
  | 'determinism'
  | 'loss'
  | 'duplicates'
  | 'order'
  | 'staleness'
  | 'memory'
  | 'recovery'
  | 'liveness';

export interface Violation {
  readonly name: BoundName;
  /** What was promised. */
  readonly bound: string;
  /** What was seen. */
  readonly seen: string;
  /** A record, by its number in the run, that shows it. */
  readonly record: number | null;
}

/** All promises that the run breaks. Throws RangeError for a bound that can't be read. */
export function violationsOf(run: ScheduleRun, bounds: Bounds): Violation[] {
  return [
    ...booksOf(run),
    ...assertionsOf(run),
    ...lossBounds(bounds.loss).flatMap((bound) => lossOf(run, bound)),
    ...(bounds.duplicates === undefined ? [] : duplicatesOf(run, bounds.duplicates)),
    ...(bounds.order === undefined ? [] : orderOf(run, bounds.order)),
    ...(bounds.staleness === undefined ? [] : stalenessOf(run, bounds.staleness)),
    ...(bounds.memory === undefined ? [] : memoryOf(run, bounds.memory)),
    ...(bounds.recovery === undefined ? [] : recoveryOf(run, bounds.recovery)),
    ...(bounds.liveness === false ? [] : livenessOf(run)),
  ];
}

function booksOf({ broken }: ScheduleRun): Violation[] {
  if (broken === null) return [];
  return [{ name: 'books', bound: 'invariants hold and the books balance', seen: broken, record: null }];
}

/** What the scenario itself asserts. */
function assertionsOf(run: ScheduleRun): Violation[] {
  const broken = (run.result?.assertions ?? []).filter(({ ok }) => !ok);
  return broken.map(({ name, observed, bound }) => ({
    name: 'assertion',
    bound: `the scenario asserts ${name} at most ${bound}`,
    seen: String(observed),
    record: exampleOf(run, name),
  }));
}

/** A record that shows a loss or a duplicate, by the assertion's name. */
function exampleOf({ losses, book }: ScheduleRun, name: string): number | null {
  if (name.startsWith('duplicates')) return book?.copies[0]?.record ?? null;
  if (!/^(loss|dropped)/.test(name)) return null;
  return losses.find(({ records }) => records.length > 0)?.records[0] ?? null;
}

function lossBounds(loss: Bounds['loss']): LossBound[] {
  if (loss === undefined) return [];
  if (isLimit(loss)) return [{ atMost: loss }];
  return Array.isArray(loss) ? [...(loss as readonly LossBound[])] : [loss as LossBound];
}

function lossOf(run: ScheduleRun, bound: LossBound): Violation[] {
  const causes = bound.cause === undefined ? null : typeof bound.cause === 'string' ? [bound.cause] : bound.cause;
  if (bound.class !== undefined && run.fidelity === 'request' && run.losses.some((loss) => loss.class === null)) {
    throw new RangeError(
      'loss by class behind the logs; expected record fidelity, as request fidelity knows sums alone',
    );
  }
  if (bound.acknowledged && run.book === null) {
    throw new RangeError(
      'loss of acknowledged records; expected record fidelity, as request fidelity knows sums alone',
    );
  }
  const losses = bound.acknowledged ? acknowledgedOf(run) : run.losses;
  const chosen = losses.filter(
    (loss) =>
      (causes === null || causes.includes(loss.cause)) &&
      (bound.class === undefined || loss.class === bound.class) &&
      (bound.sink === undefined || loss.sink === null || loss.sink === bound.sink),
  );
  const offered = bound.class === undefined ? run.offered : run.offeredOf[bound.class];
  const { most, text } = limitOf(bound.atMost, run, offered);
  const lost = countOf(chosen);
  if (lost <= most) return [];
  const what = [
    bound.acknowledged ? ['that were acknowledged'] : [],
    bound.class === undefined ? [] : [`of class ${bound.class}`],
    causes === null ? [] : [`by ${causes.join(' or ')}`],
    bound.sink === undefined ? [] : [`at ${bound.sink}`],
  ].flat();
  const byCause = chosen.map(({ cause, sink, count }) => `${count} ${cause}${sink === null ? '' : ` at ${sink}`}`);
  return [
    {
      name: 'loss',
      bound: ['loses at most', text, ...what].join(' '),
      seen: `${lost} of ${offered} records lost: ${byCause.join(', ')}`,
      record: chosen.find(({ records }) => records.length > 0)?.records[0] ?? null,
    },
  ];
}

function acknowledgedOf({ losses, book }: ScheduleRun): Loss[] {
  return losses.flatMap((loss) => {
    const records = loss.records.filter((id) => book!.records[id]!.batch?.acknowledged === true);
    return records.length === 0 ? [] : [{ ...loss, records, count: records.length }];
  });
}

/** A record that several sinks lack is lost once. */
function countOf(losses: readonly Loss[]): number {
  const records = new Set(losses.flatMap((loss) => loss.records));
  return records.size > 0 ? records.size : losses.reduce((sum, { count }) => sum + count, 0);
}

function duplicatesOf(run: ScheduleRun, given: Limit | DuplicatesBound): Violation[] {
  const bound: DuplicatesBound = isLimit(given) ? { atMost: given } : given;
  const chosen = run.duplicates.filter(({ sink }) => bound.sink === undefined || sink === bound.sink);
  const count = chosen.reduce((sum, each) => sum + each.count, 0);
  const { most, text } = limitOf(bound.atMost, run, run.offered);
  if (count <= most) return [];
  const sinks = chosen.filter((each) => each.count > 0).map(({ sink, count: n }) => `${n} at ${sink}`);
  const example = run.book?.copies.find(({ sink }) =>
    chosen.some((each) => each.sink === run.scenario.sinks[sink]!.name),
  );
  return [
    {
      name: 'duplicates',
      bound: `duplicates at most ${text}${bound.sink === undefined ? '' : ` at ${bound.sink}`}`,
      seen: `${count} copies of ${run.offered} records: ${sinks.join(', ')}`,
      record: example?.record ?? null,
    },
  ];
}

function orderOf({ disorders, scenario }: ScheduleRun, where: 'log' | 'sinks'): Violation[] {
  if (disorders === null)
    throw new RangeError('order per key; expected record fidelity, as request fidelity knows sums alone');
  const chosen = disorders.filter(({ sink }) => (where === 'log') === sink < 0);
  const [first] = chosen;
  if (first === undefined) return [];
  const place = first.sink < 0 ? 'the log' : scenario.sinks[first.sink]!.name;
  return [
    {
      name: 'order',
      bound: `keeps order per key in ${where === 'log' ? 'the logs' : 'the sinks'}`,
      seen: `${chosen.length} records came late; record ${first.record} reached ${place} after record ${first.behind}`,
      record: first.record,
    },
  ];
}

function stalenessOf({ staleness }: ScheduleRun, given: string | StalenessBound): Violation[] {
  const { atMost, sink = null } = typeof given === 'string' ? { atMost: given } : given;
  const chosen = staleness.filter((each) => sink === null || each.sink === sink);
  const worst = chosen.reduce((most, each) => (each.ns > most.ns ? each : most), {
    sink: '',
    ns: 0,
    record: null,
  } as (typeof staleness)[number]);
  if (worst.ns <= quantity('duration', atMost, 'staleness')) return [];
  return [
    {
      name: 'staleness',
      bound: `${sink ?? 'every sink'} has each record within ${atMost}`,
      seen: `${seconds(worst.ns)} at ${worst.sink}`,
      record: worst.record,
    },
  ];
}

function recoveryOf({ recoveryNs }: ScheduleRun, bound: string): Violation[] {
  if (recoveryNs <= quantity('duration', bound, 'recovery')) return [];
  return [
    { name: 'recovery', bound: `recovers from healing within ${bound}`, seen: seconds(recoveryNs), record: null },
  ];
}

function memoryOf({ memoryBytes }: ScheduleRun, bound: number | string): Violation[] {
  const most = typeof bound === 'number' ? bound : quantity('bytes', bound, 'memory');
  if (memoryBytes <= most) return [];
  const text = typeof bound === 'number' ? `${bound} bytes` : bound;
  return [{ name: 'memory', bound: `a producer holds at most ${text}`, seen: `${memoryBytes} bytes`, record: null }];
}

function livenessOf({ stuck, recoveryNs, broken }: ScheduleRun): Violation[] {
  if (broken !== null || (stuck.length === 0 && recoveryNs < Infinity)) return [];
  const seen = stuck.length > 0 ? stuck.join('; ') : 'what was offered before healing never got through';
  return [{ name: 'liveness', bound: 'drains once all is healed', seen, record: null }];
}

function isLimit(value: unknown): value is Limit {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'function';
}

function limitOf(limit: Limit, run: ScheduleRun, offered: number): { most: number; text: string } {
  if (typeof limit === 'function') {
    const most = limit(run);
    return { most, text: `${most} records (by this schedule)` };
  }
  if (typeof limit === 'number') return { most: limit, text: `${limit} records` };
  return { most: quantity('share', limit, 'limit') * offered, text: limit };
}

function quantity(kind: 'duration' | 'bytes' | 'share', text: string, name: string): number {
  const parsed = parseQuantity(kind, text);
  if (!('value' in parsed)) throw new RangeError(`${name} ${JSON.stringify(text)}; expected ${parsed.expected}`);
  return parsed.value;
}

const seconds = (ns: number): string => (ns === Infinity ? 'never' : `${Number((ns / 1e9).toPrecision(4))} s`);
