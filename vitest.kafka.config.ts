import { defineConfig } from 'vitest/config';

/** Tests against real brokers: `npm run test:kafka`. One file after the other, as they stop the brokers they share. */
export default defineConfig({
  test: {
    include: ['{src,test}/**/*.kafka.test.ts'],
    globalSetup: ['test/kafka/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
