// biome-ignore-all lint/suspicious/noTemplateCurlyInString: snippets of code are what is tested
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOf, importsOf } from './source-text.ts';
import { findings, importCircles, LINES_MAX, rules, type SourceFile } from './tidy.ts';

const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: object;
  peerDependencies: object;
};
const all = rules(Object.keys(manifest.dependencies), Object.keys(manifest.peerDependencies));

function sources(): SourceFile[] {
  const paths = ['src', 'sim', 'bench', 'examples', 'test', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs|yaml)$/.test(entry.name))
      .filter((entry) => !entry.parentPath.includes('node_modules'))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replaceAll('\\', '/'),
      ),
  );
  const top = [
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'docs/adapters.md',
    'docs/application.md',
    'docs/testing.md',
  ];
  return [...paths, ...top].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

it('the house is tidy', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(30);
  const told = [...findings(files, all), ...importCircles(files)].map(
    ({ path, line, rule, found }) => `${path}:${line}: ${rule}: ${found}`,
  );
  expect(told).toEqual([]);
});

/** Rule names that a file of this path and text breaks. */
const broken = (path: string, text: string): string[] => [
  ...new Set(findings([{ path, text }], all).map(({ rule }) => rule)),
];

describe('each rule bites', () => {
  const bites: [string, string, string][] = [
    ['src never imports sim', 'src/producer/core.ts', "import { Engine } from '../../sim/engine/engine.ts';"],
    ['src never imports sim', 'src/index.ts', "export * from '../sim/index.ts';"],
    ['src never imports sim', 'src/record.test.ts', "import type { Scenario } from '../sim/scenario/scenario.ts';"],
    ['src never imports sim', 'src/index.ts', "const x = await import('../sim/index.ts');"],
    ['sim imports nothing that stands beside it but src', 'sim/model/log.ts', "import { x } from '../../bench/x.ts';"],
    ['the engine knows nothing of Kafka', 'sim/engine/queue.ts', "import { CLASSES } from '../../src/record.ts';"],
    ['the engine knows nothing of Kafka', 'sim/engine/queue.ts', "import { z } from 'zod';"],
    ['the engine knows nothing of Kafka', 'sim/engine/queue.ts', "import { readFileSync } from 'node:fs';"],
    ['rooms of sim import downwards', 'sim/ledger/ledger.ts', "import { loadScenario } from '../scenario/index.ts';"],
    ['rooms of sim import downwards', 'sim/scenario/load.ts', "import { renderSummary } from '../report/terminal.ts';"],
    ['rooms of sim import downwards', 'sim/model/log.ts', "import { renderSummary } from '../report/terminal.ts';"],
    ['rooms of sim import downwards', 'sim/report/json.ts', "import { runProgram } from '../cli/program.ts';"],
    ['rooms of sim import downwards', 'sim/model/log.ts', "import { CONST } from '../scenario/scenario.ts';"],
    ['rooms of sim import downwards', 'sim/unheard/of.ts', "import { Engine } from '../engine/engine.ts';"],
    [
      'a core imports no adapter, no driver and no part of Node',
      'src/router/core.ts',
      "import { KafkaJs } from '../adapters/kafkajs/port.ts';",
    ],
    [
      'a core imports no adapter, no driver and no part of Node',
      'src/router/core.ts',
      "import { setTimeout } from 'node:timers';",
    ],
    [
      'a core imports no adapter, no driver and no part of Node',
      'src/producer/core.ts',
      "import { x } from './producer.ts';",
    ],
    ['what ships imports what is declared', 'sim/model/log.ts', "import fc from 'fast-check';"],
    ['what ships imports what is declared', 'sim/model/log.ts', "import { x } from './log.fixture.ts';"],
    [
      'what ships imports what is declared',
      'src/adapters/prom-client/index.ts',
      "import { Counter } from 'prom-client';",
    ],
    ['what ships imports what is declared', 'src/record.ts', "import type { Counter } from 'prom-client';"],
    ['what ships imports what is declared', 'src/adapters/kafkajs/producer.ts', "import { Kafka } from 'kafkajs';"],
    ['what ships imports what is declared', 'src/ports.ts', "import type { Kafka } from 'kafkajs';"],
    ['a core has no clock, timer or promise', 'src/producer/core.ts', 'const now = Date.now();'],
    ['a core has no clock, timer or promise', 'src/producer/core.ts', 'setTimeout(f, 1);'],
    ['a core has no clock, timer or promise', 'src/producer/core.ts', 'async function f() {}'],
    ['a core has no clock, timer or promise', 'src/producer/core.ts', 'return new Promise(f);'],
    ['a core draws no randomness of its own', 'src/producer/core.ts', 'const u = Math.random();'],
    ['a core has the same bits everywhere', 'src/producer/core.ts', 'const x = Math.log(u);'],
    ['the world has no clock of the machine', 'sim/model/broker.ts', 'const now = performance.now();'],
    ['the world has no clock of the machine', 'sim/model/broker.ts', 'const now = new Date();'],
    ['the world has no clock of the machine', 'sim/model/broker.ts', 'process.hrtime.bigint();'],
    ['the world draws from its seed alone', 'sim/engine/random.ts', 'Math . random()'],
    ['the world draws from its seed alone', 'sim/engine/random.ts', 'crypto.randomUUID()'],
    ...[
      'log',
      'log2',
      'log1p',
      'log10',
      'exp',
      'expm1',
      'pow',
      'sin',
      'cos',
      'tan',
      'sinh',
      'atan',
      'atan2',
      'hypot',
      'cbrt',
    ].map((name): [string, string, string] => [
      'the world has the same bits everywhere',
      'sim/engine/math.ts',
      `const x = Math.${name}(y);`,
    ]),
    ['the world has the same bits everywhere', 'sim/engine/math.ts', 'const x = y ** 2;'],
    ['the world has the same bits everywhere', 'sim/engine/math.ts', 'y **= 2;'],
    ['the world has the same bits everywhere', 'sim/engine/math.ts', 'const { log } = Math;'],
    ['the world has the same bits everywhere', 'sim/engine/math.ts', 'Math[name](y);'],
    ['the world has the same bits everywhere', 'sim/report/figures.ts', 'new Intl.NumberFormat();'],
    ['the world has the same bits everywhere', 'sim/report/figures.ts', 'n.toLocaleString();'],
    ['the world has the same bits everywhere', 'sim/report/figures.ts', 'a.localeCompare(b);'],
    ['the world has the same bits everywhere', 'sim/report/figures.ts', 'const s = `${y ** 2}`;'],
    ['no default exports', 'src/record.ts', 'export default 1;'],
    ['no default exports', 'src/record.ts', 'export { x as default };'],
    ['a file is named for its noun', 'src/utils.ts', ''],
    ['a file is named for its noun', 'sim/helpers/clock.ts', ''],
    [`a file is read in one sitting: ${LINES_MAX} lines at most`, 'src/record.ts', 'x;\n'.repeat(LINES_MAX + 1)],
    ['nothing is left for later in a comment', 'src/record.ts', `// ${'TO'}DO: better`],
  ];
  const shown = bites.map(([rule, path, text]) => ({ rule, path, text, start: text.slice(0, 50) }));
  it.each(shown)('$rule · $path · $start', ({ rule, path, text }) => {
    expect(broken(path, text)).toContain(rule);
  });

  it('and every rule is shown to', () => {
    expect([...new Set(bites.map(([rule]) => rule))].sort()).toEqual(all.map(({ name }) => name).sort());
  });
});

describe('files in a circle', () => {
  const file = (name: string, text: string): SourceFile => ({ path: `sim/model/${name}.ts`, text });

  it('are found, however long the way round', () => {
    const files = [
      file('a', "import { b } from './b.ts';"),
      file('b', "import { c } from '../model/c.ts';"),
      file('c', "\nimport { a } from './a.ts';"),
    ];
    expect(importCircles(files)).toEqual([
      {
        path: 'sim/model/c.ts',
        line: 2,
        rule: 'no files in a circle',
        found: 'sim/model/a.ts → sim/model/b.ts → sim/model/c.ts → sim/model/a.ts',
      },
    ]);
  });

  it('are no circle when a type closes it, nor when two ways lead to one file', () => {
    const files = [
      file('a', "import { b } from './b.ts';\nimport { c } from './c.ts';"),
      file('b', "import { c } from './c.ts';"),
      file('c', "import type { A } from './a.ts';"),
    ];
    expect(importCircles(files)).toEqual([]);
  });
});

describe('no rule bites what is right', () => {
  const right: [string, string][] = [
    ['sim/cli/io.ts', 'const ms = performance.now(); await turn();'],
    ['src/adapters/prom-client/index.ts', "import type { Registry } from 'prom-client';"],
    ['sim/model/log.ts', "import type { Scenario } from '../scenario/scenario.ts';"],
    ['sim/model/log.ts', "import { type Scenario } from '../scenario/scenario.ts';"],
    [
      'sim/model/log.ts',
      "import { Engine } from '../engine/engine.ts';\nimport { CLASSES } from '../../src/record.ts';",
    ],
    ['sim/engine/math.ts', '// Math.log and y ** 2 differ by machine\nconst text = "Date.now() ** Math.pow";'],
    ['sim/engine/math.ts', '/**\n * Like Math.exp, by a table.\n */\nexport const x = Math.sqrt(Math.floor(y));'],
    ['sim/engine/math.ts', 'const r = /a**/; const b = x / y; const s = `Date ${a / b} Intl`;'],
    ['sim/scenario/file.ts', "import { readFileSync } from 'node:fs';\nimport { parse } from 'yaml';"],
    ['src/index.ts', "export { Producer } from './producer/producer.ts';"],
    ['src/producer/receipt.ts', "import type { Clock } from '../ports.ts';"],
    ['src/producer/producer.ts', 'const p = new Promise(f); setTimeout(f, 1);'],
    ['src/adapters/kafkajs/producer.ts', "import type { Kafka } from 'kafkajs';\nsetTimeout(f, 1);"],
    ['src/record.ts', 'x;\n'.repeat(LINES_MAX)],
    ['src/record.test.ts', `${'x;\n'.repeat(LINES_MAX + 1)}Math.log(2); Date.now();`],
    ['sim/model/network.ts', 'interface Trip { performance: number; readonly Date: string }'],
    ['sim/engine/queue.ts', 'this.log(x); queue.pow(2); const expire = Math.max(a, b);'],
  ];
  const shown = right.map(([path, text]) => ({ path, text, start: text.slice(0, 50) }));
  it.each(shown)('$path · $start', ({ path, text }) => {
    expect(broken(path, text)).toEqual([]);
  });
});

describe('the lexer under the rules', () => {
  it('keeps code and blanks what is only said, line by line', () => {
    const source = 'a; // b\n/* c\nd */ e("f\\"g", `h${i("j") + `k${l}`}m`) / n; /o[/]p/.test(q);';
    expect(codeOf(source).replace(/ +/g, ' ')).toBe('a; \n \n e(" ", ` ${i(" ") + ` ${l}`} `) / n; / /.test(q);');
    expect(codeOf(source)).toHaveLength(source.length);
  });

  it('leaves code after an object inside a template alone', () => {
    expect(codeOf('`a${{ b: 1 }.b}c` ** 2')).toBe('` ${{ b: 1 }.b} ` ** 2');
  });

  it('finds imports of every form, over lines, and knows types from values', () => {
    const source = [
      "import a from 'a';",
      "import type { B } from './b.ts';",
      "import {\n  type C,\n  type D,\n} from './c.ts';",
      "import { type E, f } from './e.ts';",
      "export * from './g.ts';",
      "export type { H } from './h.ts';",
      "import './i.ts';",
      "const j = await import('./j.ts');",
      "const k = { import: 'no' }; // from './no.ts'",
    ].join('\n');
    expect(importsOf(source).map(({ from, typeOnly }) => [from, typeOnly])).toEqual([
      ['a', false],
      ['./b.ts', true],
      ['./c.ts', true],
      ['./e.ts', false],
      ['./g.ts', false],
      ['./h.ts', true],
      ['./i.ts', false],
      ['./j.ts', false],
    ]);
  });
});
