/**
 * The matchers of the kit for vitest, with their types. Import it once, in a test or in a set-up file.
 *
 * ```ts
 * import 'spillway/testing/vitest';
 * expect({ world, runs: 200 }).toLoseAtMost('1%');
 * ```
 */
import { expect } from 'vitest';
import { matchers, type PipelineMatchers } from './matchers.ts';

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameter of vitest's own interface
  interface Matchers<T = any> extends PipelineMatchers<T> {}
}

expect.extend(matchers);
