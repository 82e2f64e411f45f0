/** The vitest example of docs/testing.md, run as it stands there: its tests are tests of this file. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { documents } from './documents.ts';
import { ROOT } from './installed.ts';

const folder = join(ROOT, 'node_modules/.cache', `guide-${process.pid}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const guide = documents().find(({ path }) => path === 'docs/testing.md')!;
const block = guide.blocks.find(({ file }) => file === 'pipeline.test.js')!;
const source = (path: string): string => join(ROOT, 'sim/testing', path);
const text = block.text
  .replace("'spillway/testing/vitest'", `'${source('vitest.ts')}'`)
  .replace("'spillway/testing'", `'${source('index.ts')}'`);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'pipeline.ts'), text);
await import(join(folder, 'pipeline.ts'));
