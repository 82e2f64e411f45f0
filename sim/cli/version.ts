import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's version, from the nearest package.json above: the depth differs between source and build. */
export function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (found.name === 'spillway' && found.version !== undefined) return found.version;
    } catch {
      // None here: look further up.
    }
    if (folder === dirname(folder)) throw new Error('package.json of spillway not found');
  }
}
