/** The code in the documents that needs a broker, run as it stands there but for brokers and names of topics. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { BROKERS_SHOWN, documents, folderOf, promisedBy } from '../documents.ts';
import { Installed } from '../installed.ts';
import { kafkaEnvironment } from './environment.ts';

const { bootstrap, topics } = kafkaEnvironment();
const installed = new Installed();
afterAll(async () => {
  installed.remove();
  await topics.close();
});

const blocks = documents().flatMap((page) =>
  page.blocks.filter(({ needsKafka }) => needsKafka).map((block) => ({ ...block, page })),
);

describe('what the documents show over a broker', () => {
  it('is something', () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks)('$file prints what it says', async (block) => {
    const folder = join(installed.folder, folderOf(block.page));
    mkdirSync(folder, { recursive: true });
    let text = block.text.replaceAll(`'${BROKERS_SHOWN}'`, bootstrap.map((broker) => `'${broker}'`).join(', '));
    for (const name of new Set([...block.text.matchAll(/topic: '([^']+)'/g)].map(([, topic]) => topic))) {
      const made = await topics.create(name, { partitions: 3 });
      text = text.replaceAll(`topic: '${name}'`, `topic: '${made}'`);
    }
    writeFileSync(join(folder, block.file), text);
    installed.compile([join(folderOf(block.page), block.file)]);
    const script = join(folder, block.file.replace(/\.ts$/, '.js'));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: folder });
    expect(stdout.trim().split('\n').sort()).toEqual(promisedBy(block).sort());
  });
});
