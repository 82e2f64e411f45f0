/**
 * The house rules that a machine can hold: who may import whom, what must not be used where, how files are named.
 * Each rule takes one file and answers what is wrong in it.
 */
import { posix } from 'node:path';
import { codeOf, importsOf } from './source-text.ts';

export interface SourceFile {
  /** From the root of the repository, with slashes: `sim/engine/queue.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly found: string;
}

export interface Rule {
  readonly name: string;
  applies(path: string): boolean;
  /** What is wrong, with its line, 1-based. */
  check(file: SourceFile): { line: number; found: string }[];
}

export const LINES_MAX = 400;

/** Files that exist for tests: not shipped, and free of the bans on clocks and lengths. */
export const isTest = (path: string): boolean => /\.(test|fixture)\.ts$/.test(path) || path.startsWith('test/');
const inside = (path: string, ...folders: string[]): boolean => folders.some((each) => path.startsWith(`${each}/`));
/**
 * src/ decides without input or output, all but its driver side: what turns a core's effects into calls of a client.
 * A file that needs a promise or a timer is named here, so that none becomes a driver unnoticed.
 */
const DRIVER_SIDE = new Set([
  'src/clock.ts',
  'src/envelope/claim-check.ts',
  'src/envelope/codec.ts',
  'src/envelope/opening.ts',
  'src/envelope/random-words.ts',
  'src/envelope/sealing.ts',
  'src/envelope/unwrapping.ts',
  'src/ports.ts',
  'src/producer/accounts.ts',
  'src/producer/cluster-link.ts',
  'src/producer/connection-loop.ts',
  'src/producer/detours.ts',
  'src/producer/dispatcher.ts',
  'src/producer/metadata-loop.ts',
  'src/producer/producer.ts',
  'src/producer/quiet.ts',
  'src/producer/spill-road.ts',
  'src/spill/directory-lock.ts',
  'src/spill/disk-spill.ts',
  'src/spill/frame.ts',
  'src/spill/item-queue.ts',
  'src/spill/replay-queue.ts',
  'src/spill/segment-reader.ts',
  'src/spill/segment-writer.ts',
  'src/spill/segment.ts',
  'src/spill/spill.ts',
]);
const isCore = (path: string): boolean =>
  inside(path, 'src') && !inside(path, 'src/adapters') && !DRIVER_SIDE.has(path) && !isTest(path);
/** Says what the package exports, drivers and cores alike. */
const isIndex = (path: string): boolean => path.endsWith('/index.ts');
/** What runs in simulated time: no clock of the machine may reach it. */
const isWorld = (path: string): boolean => inside(path, 'sim') && !inside(path, 'sim/cli') && !isTest(path);
/** Lets promises run between events: a turn of the event loop, of which nothing is read. */
const MICROTASKS = 'sim/ports/microtasks.ts';

/** A path from the root for a relative import, or the package's name for any other. */
function target(path: string, from: string): string {
  return from.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), from)) : from;
}

function importRule(
  name: string,
  applies: (path: string) => boolean,
  allowed: (to: string, path: string, typeOnly: boolean) => boolean,
): Rule {
  return {
    name,
    applies,
    check: ({ path, text }) =>
      importsOf(text)
        .filter(({ from, typeOnly }) => !allowed(target(path, from), path, typeOnly))
        .map(({ from, line }) => ({ line, found: `imports ${from}` })),
  };
}

function banRule(name: string, applies: (path: string) => boolean, patterns: readonly RegExp[]): Rule {
  return {
    name,
    applies,
    check: ({ text }) =>
      codeOf(text)
        .split('\n')
        .flatMap((code, index) =>
          patterns.flatMap((pattern) => {
            const match = pattern.exec(code);
            return match === null ? [] : [{ line: index + 1, found: match[0].trim() }];
          }),
        ),
  };
}

const CLOCKS = [
  /(?<![\w$.])Date\b(?!\s*:)/,
  /(?<![\w$.])performance\b(?!\s*:)/,
  /\bprocess\s*\.\s*(hrtime|uptime|cpuUsage)\b/,
  /(?<![\w$.])(setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
];
const LOCALE = [/(?<![\w$.])Intl\b/, /\.\s*(toLocale\w+|localeCompare)\b/];
const RANDOM = [/\bMath\s*\.\s*random\b/, /\b(randomUUID|randomBytes|getRandomValues)\b/];
/** IEEE 754 leaves their last bit to the implementation. */
const INEXACT = [
  /\bMath\s*\.\s*(a?(cos|sin|tan)h?|atan2|cbrt|expm?1?|hypot|log(10|1p|2)?|pow)\b/,
  /\bMath\s*\[/,
  /\{[^}]*\}\s*=\s*Math\b/,
  /\*\*/,
];
const PROMISES = [/(?<![\w$.])Promise\b/, /(?<![\w$.])(async|await)\b/, /\.\s*then\s*\(/];

/** Shapes that all rooms share: types alone, gone after compilation. */
const CONTRACTS = new Set(['sim/scenario/scenario.ts', 'sim/report/result.ts', 'sim/model/doors.ts']);
/**
 * What a room of sim/ may take values from, itself apart: cli over scenario and report, over the rooms in the middle,
 * over the engine. Those in the middle stand side by side (books and figures are read off what the model holds, and the
 * model has them struck); that no files import in a circle is held by `importCircles`.
 */
const MIDDLE = ['traffic', 'measure', 'ledger', 'faults', 'model', 'flow'];
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  ...Object.fromEntries(MIDDLE.map((room) => [room, ['engine', ...MIDDLE]])),
  scenario: ['engine', ...MIDDLE],
  report: ['engine', ...MIDDLE],
  ports: ['engine', ...MIDDLE, 'scenario'],
  testing: ['engine', ...MIDDLE, 'scenario', 'report', 'ports'],
  cli: ['engine', ...MIDDLE, 'scenario', 'report', 'testing'],
};
/** Packages for one place alone: the testing kit draws with fast-check; vitest is an optional peer. */
const HOMES: Readonly<Record<string, string>> = { 'fast-check': 'sim/testing/', vitest: 'sim/testing/vitest.ts' };
const roomOf = (path: string): string | undefined => /^sim\/([^/]+)\//.exec(path)?.[1];

/** `peers` are what a user injects: adapters may know their types, and nothing else of them. */
export function rules(dependencies: readonly string[], peers: readonly string[]): Rule[] {
  const bare = (to: string): boolean =>
    !inside(to, 'src', 'sim', 'bench', 'examples', 'test', '..') && !to.startsWith('.');
  return [
    importRule(
      'src never imports sim',
      (path) => inside(path, 'src'),
      (to) => !inside(to, 'sim', 'bench', 'examples', 'test'),
    ),
    importRule(
      'sim imports nothing that stands beside it but src',
      (path) => inside(path, 'sim'),
      (to) => bare(to) || inside(to, 'sim', 'src'),
    ),
    importRule(
      'the engine knows nothing of Kafka',
      (path) => inside(path, 'sim/engine') && !isTest(path),
      (to) => inside(to, 'sim/engine') || to === 'pure-rand' || to.startsWith('pure-rand/'),
    ),
    importRule(
      'rooms of sim import downwards',
      (path) => roomOf(path) !== undefined && !isTest(path),
      (to, path, typeOnly) => {
        const [here, there] = [roomOf(path), roomOf(to)];
        if (here === undefined || there === undefined || here === there) return true;
        return (typeOnly && CONTRACTS.has(to)) || (ARROWS[here]?.includes(there) ?? false);
      },
    ),
    importRule(
      'a core imports no adapter, no driver and no part of Node',
      (path) => isCore(path) && !isIndex(path),
      (to, _path, typeOnly) =>
        !to.startsWith('node:') && (typeOnly || !(inside(to, 'src/adapters') || DRIVER_SIDE.has(to))),
    ),
    importRule(
      'what ships imports what is declared',
      (path) => inside(path, 'src', 'sim') && !isTest(path),
      (to, path, typeOnly) => {
        if (isTest(to)) return false;
        if (!bare(to) || to.startsWith('node:')) return true;
        const injected = typeOnly && inside(path, 'src/adapters') ? peers : [];
        const known = [...dependencies, ...injected, ...Object.keys(HOMES)];
        const name = known.find((each) => to === each || to.startsWith(`${each}/`));
        return name !== undefined && path.startsWith(HOMES[name] ?? '');
      },
    ),
    banRule('a core has no clock, timer or promise', isCore, [...CLOCKS, ...PROMISES]),
    banRule('a core draws no randomness of its own', isCore, RANDOM),
    banRule('a core has the same bits everywhere', isCore, [...INEXACT, ...LOCALE]),
    banRule('the world has no clock of the machine', (path) => isWorld(path) && path !== MICROTASKS, CLOCKS),
    banRule('the world draws from its seed alone', isWorld, RANDOM),
    banRule('the world has the same bits everywhere', isWorld, [...INEXACT, ...LOCALE]),
    banRule('no default exports', (path) => inside(path, 'src', 'sim', 'bench', 'examples', 'test'), [
      /\bexport\s+default\b/,
      /\bexport\s*\{[^}]*\bas\s+default\b/,
    ]),
    {
      name: 'a file is named for its noun',
      applies: () => true,
      check: ({ path }) =>
        /(^|\/)(utils?|helpers?|misc|common|shared|stuff)([./]|$)/.test(path) ? [{ line: 1, found: path }] : [],
    },
    {
      name: `a file is read in one sitting: ${LINES_MAX} lines at most`,
      applies: (path) => !isTest(path) && path.endsWith('.ts'),
      check: ({ text }) => {
        const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
        return lines > LINES_MAX ? [{ line: LINES_MAX + 1, found: `${lines} lines` }] : [];
      },
    },
    {
      name: 'nothing is left for later in a comment',
      applies: (path) => !path.startsWith('test/tidy'),
      check: ({ text }) =>
        text
          .split('\n')
          .flatMap((line, index) =>
            /\b(TODO|FIXME|XXX|HACK)\b/.test(line) ? [{ line: index + 1, found: line.trim() }] : [],
          ),
    },
  ];
}

export function findings(files: readonly SourceFile[], all: readonly Rule[]): Finding[] {
  return files.flatMap((file) =>
    all
      .filter((rule) => rule.applies(file.path))
      .flatMap((rule) => rule.check(file).map((each) => ({ path: file.path, rule: rule.name, ...each }))),
  );
}

/** Files that import values of each other in a circle: one finding for each circle, at the file that closes it. */
export function importCircles(files: readonly SourceFile[]): Finding[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const way: string[] = [];
  const found: Finding[] = [];
  const visit = (path: string): void => {
    const file = known.get(path);
    if (file === undefined || state.get(path) === 'done') return;
    state.set(path, 'open');
    way.push(path);
    for (const { from, typeOnly, line } of importsOf(file.text)) {
      const to = target(path, from);
      if (typeOnly) continue;
      if (state.get(to) === 'open') {
        const circle = [...way.slice(way.indexOf(to)), to].join(' → ');
        found.push({ path, line, rule: 'no files in a circle', found: circle });
      } else visit(to);
    }
    way.pop();
    state.set(path, 'done');
  };
  for (const { path } of files) visit(path);
  return found;
}
