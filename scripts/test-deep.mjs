// The known theorems over more than ten thousand generated schedules, a new search each time. Takes minutes.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', 'sim/testing/theorems.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, SPILLWAY_DEEP: '1' },
});
process.exitCode = status ?? 1;
