import { describe, expect, it } from 'vitest';
import { ProducerMeasures, requestOutcomeOf } from './measures.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
} from './outcome.ts';

describe('what a producer measures', () => {
  it('counts calls, retries among them, those without an answer, and how the others ended', () => {
    const measures = new ProducerMeasures();
    expect(measures.requests()).toMatchObject({ sent: 0, retries: 0, inFlight: 0 });
    for (let i = 0; i < 8; i++) measures.called({ records: i + 1, bytes: 1_024, retry: i < 2 });
    for (const outcome of ['ok', 'ok', 'ok', 'refused', 'unreachable', 'unreachable', 'unknown'] as const) {
      measures.answered(outcome, 3_000_000);
    }
    const requests = measures.requests();
    expect(requests).toMatchObject({
      sent: 8,
      retries: 2,
      inFlight: 1,
      byOutcome: { ok: 3, refused: 1, unreachable: 2, unknown: 1 },
      latencyNs: { count: 7, sum: 21_000_000 },
      records: { count: 8, sum: 36 },
      bytes: { count: 8, sum: 8_192 },
    });
    expect([Object.isFrozen(requests), Object.isFrozen(requests.byOutcome)]).toEqual([true, true]);
  });

  it('takes the time in the buffer by fate', () => {
    const measures = new ProducerMeasures();
    measures.settled('delivered', 3, { youngestNs: 1_000, oldestNs: 3_000 });
    measures.settled('dropped', 2, { youngestNs: 5_000, oldestNs: 5_000 });
    const times = measures.timeInBufferNs();
    expect(times.delivered).toMatchObject({ count: 3, sum: 6_000 });
    expect(times.unknown).toMatchObject({ count: 0 });
    expect(times.dropped).toMatchObject({ count: 2, sum: 10_000 });
    expect(Object.isFrozen(times)).toBe(true);
  });

  it('has four ends of a call', () => {
    const outcomes = [
      OUTCOME_OK,
      OUTCOME_REFUSED_RETRY,
      OUTCOME_REFUSED_METADATA,
      OUTCOME_REFUSED_FATAL,
      OUTCOME_UNREACHABLE,
      OUTCOME_UNKNOWN,
    ] as const;
    expect(outcomes.map((outcome) => requestOutcomeOf(outcome))).toEqual([
      'ok',
      'refused',
      'refused',
      'refused',
      'unreachable',
      'unknown',
    ]);
  });
});
