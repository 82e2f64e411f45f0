import { configDefaults, defineConfig } from 'vitest/config';

/** The tests that mutants of the cores and drivers are run against: those that stand beside the code. */
export default defineConfig({
  test: {
    include: ['src/{producer,router}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.kafka.test.ts'],
    setupFiles: ['test/mutation/same-draws.ts'],
    testTimeout: 60_000,
    isolate: false,
  },
});
