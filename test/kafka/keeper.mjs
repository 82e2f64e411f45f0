// Sees to it that no broker outlives the run that started it, however that run ends: when its standard input closes, it
// kills every process whose id stands in a file `pid` one folder below the folder given, and removes that folder.
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder] = process.argv;

function clear() {
  // Under another name first: a test that still runs finds nothing to start a broker from.
  const doomed = `${folder}.ended`;
  renameSync(folder, doomed);
  for (const { name } of readdirSync(doomed, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    try {
      process.kill(Number(readFileSync(join(doomed, name, 'pid'), 'utf8')), 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
  rmSync(doomed, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.on('end', clear).on('error', clear).resume();
