import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,sim,bench,examples,test}/**/*.test.ts'],
    // They need brokers: vitest.kafka.config.ts.
    exclude: [...configDefaults.exclude, '**/*.kafka.test.ts'],
    testTimeout: 60_000,
    // Vitest would leave a core to itself, and hardly uses it: on two cores the suite would take twice as long.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'sim/**/*.ts'],
      exclude: ['**/*.{test,fixture}.ts'],
      reporter: ['text-summary'],
    },
  },
});
