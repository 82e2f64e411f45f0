import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of laws, which take seconds: last, since the first failure ends the run, and most mutants fall to an example. */
const SLOW = /laws|assignment|quotas|spill-road|snapshot/;

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => (SLOW.test(moduleId) ? 1 : 0);
    return [...files].sort((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

/** The tests that mutants of the cores and drivers are run against: those that stand beside the code. */
export default defineConfig({
  test: {
    include: ['src/{producer,router}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.kafka.test.ts'],
    setupFiles: ['test/mutation/same-draws.ts'],
    testTimeout: 60_000,
    isolate: false,
    sequence: { sequencer: QuickFirst },
  },
});
