/** The code in README.md and docs/ is run as it stands there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf, documents, folderOf, promisedBy } from './documents.ts';
import { Installed, ROOT } from './installed.ts';

const installed = new Installed();
afterAll(() => installed.remove());
const pages = documents();
const isNamed = ({ file }: Block): boolean => file !== '';

describe.each(pages.map((page) => ({ ...page, page })))('$path', ({ path, text, blocks, page }) => {
  const folder = join(installed.folder, folderOf(page));
  mkdirSync(folder, { recursive: true });
  const named = blocks.filter(isNamed);
  for (const { file, text } of named) writeFileSync(join(folder, file), text);
  const scripts = named.filter(({ language }) => language === 'ts');

  it('leaves no code untried, and names no file twice', () => {
    const names = named.map(({ file }) => file);
    expect(blocks.filter((block) => block.language === 'ts' && !isNamed(block))).toEqual([]);
    expect(names).toEqual([...new Set(names)]);
  });

  it('links to what exists', () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, target]) => target);
    const local = targets.filter((target) => !/^https?:/.test(target));
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
  });

  if (scripts.length > 0) {
    it('its code compiles', () => {
      installed.compile(scripts.map(({ file }) => join(folderOf(page), file)));
    });
  }

  // A block that exports is there for others to import, and prints nothing.
  const programs = scripts.filter(({ text, needsKafka }) => !needsKafka && !/^export /m.test(text));
  it.each(programs)('$file prints what it says', (block) => {
    const script = join(folder, block.file.replace(/\.ts$/, '.js'));
    if (!existsSync(script)) installed.compile([join(folderOf(page), block.file)]);
    const out = execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
    const promised = promisedBy(block);
    expect(promised.length).toBeGreaterThan(0);
    // Callbacks and events come when they come: what is said beside them is not in the order of the lines.
    expect(out.trim().split('\n').sort()).toEqual(promised.sort());
  });

  it.each(named.filter(({ language }) => language === 'yaml'))('$file runs, and its assertions hold', ({ file }) => {
    const run = spawnSync(process.execPath, [installed.main, 'run', file], { cwd: folder, encoding: 'utf8' });
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('HOLDS');
  });

  it('names only commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const known = new Set([...Object.keys(scripts), 'ci', 'install']);
    for (const [, command] of text.matchAll(/npm (?:run )?([a-z:-]+)/g)) expect(known).toContain(command);
    const help = execFileSync(process.execPath, [installed.main, '--help'], { encoding: 'utf8' });
    for (const [, command] of text.matchAll(/`spillway ([a-z]+)/g))
      expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  });
});

describe('README.md', () => {
  const [readme] = pages;

  it('has an example for each of the three users, ten lines or about', () => {
    const named = readme.blocks.filter(isNamed);
    expect(named.map(({ file }) => file)).toEqual(['plan.yaml', 'outage.ts', 'application.ts']);
    for (const { text } of named) expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(14);
  });

  it('says what it is for in ten lines', () => {
    const opening = readme.text.split('\n## ')[0].split('\n').slice(1);
    expect(opening.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(10);
  });
});

describe('blocks', () => {
  it('are told apart by their fence', () => {
    const fence = '```';
    const markdown = [`${fence}ts a.ts`, 'a;', fence, `${fence}ts kafka b.ts`, 'b;', fence, `${fence}sh`, fence].join(
      '\n',
    );
    expect(blocksOf(markdown)).toEqual([
      { language: 'ts', needsKafka: false, file: 'a.ts', text: 'a;\n' },
      { language: 'ts', needsKafka: true, file: 'b.ts', text: 'b;\n' },
      { language: 'sh', needsKafka: false, file: '', text: '' },
    ]);
  });
});
