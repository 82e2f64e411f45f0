import { describe, expect, it } from 'vitest';
import type { RetryPolicy } from './policy.ts';
import { agedNs, nextQuestion } from './question-pace.ts';

const MS = 1_000_000;
const retry: RetryPolicy = { name: 'steps', backoffNs: (failures: number) => 100 * MS * failures };

describe('questions for metadata', () => {
  it('are asked at once at first, and after a quiet time', () => {
    const at = { nowNs: 5_000 * MS, retry, draw: 0 };
    expect(nextQuestion({ repeats: 0, askedAtNs: -Infinity }, at)).toEqual({ leftNs: 0, repeats: 0 });
    expect(nextQuestion({ repeats: 3, askedAtNs: 4_399 * MS }, at)).toEqual({ leftNs: 0, repeats: 0 });
  });

  it('wait for what is left since the last one was asked, ever longer', () => {
    const at = { nowNs: 5_000 * MS, retry, draw: 0 };
    expect(nextQuestion({ repeats: 1, askedAtNs: 4_970 * MS }, at)).toEqual({ leftNs: 70 * MS, repeats: 1 });
    expect(nextQuestion({ repeats: 3, askedAtNs: 4_970 * MS }, at)).toEqual({ leftNs: 270 * MS, repeats: 3 });
    expect(nextQuestion({ repeats: 3, askedAtNs: 4_400 * MS }, at)).toEqual({ leftNs: 0, repeats: 3 });
  });

  it('come again each time that an answer is too old', () => {
    expect([100, 399, 400, 401, 700].map((nowNs) => agedNs(100, 300, nowNs))).toEqual([400, 400, 700, 700, 1_000]);
  });
});
