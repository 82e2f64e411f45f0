/** The examples of README.md are run as they stand there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Installed, ROOT } from './installed.ts';

interface Block {
  readonly language: string;
  /** From the fence: ```yaml plan.yaml */
  readonly file: string;
  readonly text: string;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(([, language, file, text]) => ({
    language,
    file,
    text,
  }));
}

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = blocksOf(readme);
const named = blocks.filter(({ file }) => file !== '');
const installed = new Installed();
afterAll(() => installed.remove());
for (const { file, text } of named) writeFileSync(join(installed.folder, file), text);

describe('README', () => {
  it('has an example for each of the three users, ten lines or about', () => {
    expect(named.map(({ file }) => file)).toEqual(['plan.yaml', 'outage.ts', 'application.ts']);
    for (const { text } of named) expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(14);
  });

  it('says what it is for in ten lines', () => {
    const opening = readme.split('\n## ')[0].split('\n').slice(1);
    expect(opening.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(10);
  });

  it('the scenario runs, and its assertions hold', () => {
    const run = spawnSync(process.execPath, [installed.main, 'run', 'plan.yaml'], {
      cwd: installed.folder,
      encoding: 'utf8',
    });
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('HOLDS');
  });

  it.each(named.filter(({ language }) => language === 'ts'))('$file compiles and runs', ({ file, text }) => {
    installed.compile([file]);
    const script = join(installed.folder, file.replace(/\.ts$/, '.js'));
    const out = execFileSync(process.execPath, [script], { cwd: installed.folder, encoding: 'utf8' });
    // What it prints is told beside it, figures apart: `console.log(x); // "text …"`.
    const promised = [...text.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, said]) => said);
    expect(promised.length).toBeGreaterThan(0);
    expect(out.trim().split('\n')).toEqual(promised);
  });

  it('names only commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const known = new Set([...Object.keys(scripts), 'ci', 'install']);
    for (const [, command] of readme.matchAll(/npm (?:run )?([a-z-]+)/g)) expect(known).toContain(command);
    const help = execFileSync(process.execPath, [installed.main, '--help'], { encoding: 'utf8' });
    for (const [, command] of readme.matchAll(/spillway ([a-z]+)/g))
      expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  });
});
