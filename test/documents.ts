/** The documents that people read, and the code in them: ```ts kafka orders.ts is a block that needs a broker. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './installed.ts';

export interface Block {
  readonly language: string;
  /** Runs only with a Kafka cluster at hand: compiled everywhere, run by the suite that starts one. */
  readonly needsKafka: boolean;
  /** From the fence: ```yaml plan.yaml. Empty for what isn't run. */
  readonly file: string;
  readonly text: string;
}

export interface Document {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Brokers in the documents, replaced by those that the suite started. */
export const BROKERS_SHOWN = 'localhost:9092';

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)( kafka)? ?(\S*)\n(.*?)^```$/gms)].map(([, language, kafka, file, text]) => ({
    language,
    needsKafka: kafka !== undefined,
    file,
    text,
  }));
}

/** README.md and every page of docs/. */
export function documents(): Document[] {
  const pages = readdirSync(join(ROOT, 'docs')).filter((file) => file.endsWith('.md'));
  return ['README.md', ...pages.sort().map((file) => `docs/${file}`)].map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, blocks: blocksOf(text) };
  });
}

/** Name of the folder in which a document's blocks are run. */
export function folderOf(document: Document): string {
  return basename(document.path, '.md');
}

/** What a block says that it prints: `console.log(x); // text …`. */
export function promisedBy(block: Block): string[] {
  return [...block.text.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, said]) => said);
}
