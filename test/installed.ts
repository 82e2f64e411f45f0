import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
const MANIFEST = createRequire(import.meta.url).resolve('typescript/package.json');
const TSC = join(dirname(MANIFEST), 'bin/tsc');

/**
 * A folder with spillway in its node_modules, built from the sources as they are: what a user has after installing.
 * It lies inside the repository, so that spillway's own dependencies are found above it.
 */
export class Installed {
  readonly folder: string;
  readonly main: string;

  constructor() {
    const cache = join(ROOT, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, 'spillway-'));
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const inside = join(this.folder, 'node_modules/spillway');
    mkdirSync(inside, { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(inside, 'package.json'));
    // Type errors are the type check's to tell; what is tested here is what runs.
    spawnSync(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(inside, 'dist')]);
    this.main = join(inside, 'dist/sim/cli/main.js');
  }

  /** Compiles TypeScript files of the folder, as strictly as the package itself. Throws with what the compiler says. */
  compile(files: readonly string[]): void {
    // Types of other libraries are theirs to mend; spillway's own are checked by the package check.
    const flags = [
      '--ignoreConfig',
      '--skipLibCheck',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
    ];
    try {
      execFileSync(process.execPath, [TSC, ...flags, ...files], { cwd: this.folder, encoding: 'utf8' });
    } catch (error) {
      throw new Error((error as { stdout: string }).stdout);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
