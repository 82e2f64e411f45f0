/** A broken promise, told so that it can be understood without running anything: what, how, to which record, and again. */
import { resolveScenario, type Written, type WrittenScenario } from '../scenario/index.ts';
import { WORLD_BASE } from './arbitrary/worlds.ts';
import { type Bounds, type Violation, violationsOf } from './bounds.ts';
import { type RunOptions, runSchedule, type ScheduleRun } from './schedule-run.ts';
import { StoryBook } from './story-book.ts';
import { type SavedCase, tokenOf } from './token.ts';

export interface Failure {
  readonly bound: string;
  readonly seen: string;
  /** The least schedule that was found to break it. */
  readonly scenario: Written;
  /** The schedule in a few lines. */
  readonly schedule: readonly string[];
  /** What became of one record, line by line; empty where the promise is not about records. */
  readonly story: readonly string[];
  /** Every step of the run. */
  readonly trace: readonly string[];
  readonly saved: SavedCase;
  readonly token: string;
  /** One command that runs it again. */
  readonly command: string;
  readonly text: string;
}

const STORY_LINES_MAX = 40;

export function failureOf(
  run: ScheduleRun,
  violation: Violation,
  how: {
    readonly options: RunOptions;
    readonly bounds: Bounds;
    readonly saved: Omit<SavedCase, 'version' | 'written' | 'broke' | 'digest'>;
  },
): Failure {
  const { options, bounds } = how;
  const told = storyRun(run.written, options);
  // In request fidelity no record is known: the same schedule, record by record, has one.
  const example = violation.record ?? recordOf(told.run, bounds, violation);
  const story = example === null ? [] : told.book.tell(example);
  const saved: SavedCase = {
    version: 1,
    written: run.written,
    broke: violation.name,
    digest: run.digest,
    ...how.saved,
  };
  const token = tokenOf(saved);
  const command =
    saved.code && saved.module !== undefined
      ? `npx spillway replay ${token} --policies ${saved.module}`
      : saved.code
        ? `SPILLWAY_REPLAY=${token}, set for the command that runs this test`
        : `npx spillway replay ${token}`;
  const schedule = scheduleLines(run.written);
  const text = [
    `broken: ${violation.bound}`,
    `  seen: ${violation.seen}`,
    `${saved.searched}:`,
    ...schedule.map((line) => `  ${line}`),
    ...(example === null ? [] : [`what became of record ${example}:`, ...cut(story)]),
    `seed ${run.scenario.seed}, digest ${run.digest}; again with`,
    `  ${command}`,
  ].join('\n');
  const trace = told.book.trace();
  return {
    bound: violation.bound,
    seen: violation.seen,
    scenario: run.written,
    schedule,
    story,
    trace,
    saved,
    token,
    command,
    text,
  };
}

function storyRun(written: Written, options: RunOptions): { run: ScheduleRun; book: StoryBook } {
  let book: StoryBook | null = null;
  const run = runSchedule(written, {
    ...options,
    fidelity: 'record',
    book: (bookOptions) => {
      book = new StoryBook(bookOptions);
      return book;
    },
  });
  return { run, book: book! };
}

function recordOf(run: ScheduleRun, bounds: Bounds, { name }: Violation): number | null {
  return violationsOf(run, bounds).find((each) => each.name === name)?.record ?? null;
}

function cut(story: readonly string[]): string[] {
  if (story.length <= STORY_LINES_MAX) return story.map((line) => `  ${line}`);
  const half = STORY_LINES_MAX / 2;
  const left = story.length - STORY_LINES_MAX;
  return [...story.slice(0, half), `            … ${left} more; --trace shows all`, ...story.slice(-half)].map(
    (line) => `  ${line}`,
  );
}

/** World, traffic, settings and faults, a line or two each. Settings that all worlds of the kit have are not repeated. */
export function scheduleLines(written: Written): string[] {
  const { clusters, topics, sinks, regions, producers } = resolveScenario(written);
  const cluster = ({ name, brokers, replicationFactor }: (typeof clusters)[number]): string =>
    `cluster ${name} of ${brokers} broker${brokers === 1 ? '' : 's'}, ${copies(replicationFactor)}`;
  const zones = regions.reduce((sum, region) => sum + region.zones, 0);
  const shown = topics.slice(0, 4).map(({ name, partitions, recordsPerSecond, recordBytes, streams, routes }) => {
    const rate = `${Number(recordsPerSecond.toPrecision(3))} records/s of ${recordBytes} bytes`;
    return `topic ${name}: ${rate} from ${streams} stream${streams === 1 ? '' : 's'}, ${partitions} partition${partitions === 1 ? '' : 's'}, to ${routes.join(' and ') || 'no sink'}`;
  });
  const settings = settingsIn(written as WrittenScenario);
  return [
    `${zones} zone${zones === 1 ? '' : 's'}; ${clusters.slice(0, 6).map(cluster).join('; ')}${clusters.length > 6 ? '; …' : ''}`,
    ...shown,
    ...(topics.length > 4 ? [`and ${topics.length - 4} more topics`] : []),
    `${producers.instances} producer instance${producers.instances === 1 ? '' : 's'}, ${producers.arrivals} arrivals, ${producers.shape.kind} rate; ${sinks.length} sink${sinks.length === 1 ? '' : 's'}`,
    ...(settings === '' ? [] : [`settings: ${settings}`]),
    ...faultLines(written),
  ];
}

const copies = (n: number): string => (n === 1 ? 'one copy' : `${n} copies`);

function settingsIn({ producers, router }: WrittenScenario): string {
  const told = (who: string, settings: object, base: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(settings)
      .filter(([key, value]) => value !== base[key])
      .map(([key, value]) => `${who}${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  const { policy } = WORLD_BASE.producers;
  return [...told('', producers?.policy ?? {}, policy), ...told('router ', router ?? {}, WORLD_BASE.router)].join(', ');
}

export function faultLines({ faults }: Written): string[] {
  if (faults == null || faults.length === 0) return ['no fault'];
  return faults.map((fault) => {
    const { kind, at, ...rest } = fault;
    const { for: lasting, ...where } = rest as { for?: string } & Record<string, unknown>;
    const target = Object.entries(where).map(([key, value]) => `${key} ${value}`);
    return `at ${at}${lasting === undefined ? '' : ` for ${lasting}`}: ${[kind, ...target].join(', ')}`;
  });
}
