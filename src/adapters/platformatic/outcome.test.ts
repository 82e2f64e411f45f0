import { MultipleErrors, NetworkError, ProtocolError, ResponseError, TimeoutError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { codeOf, outcomeOfError } from './outcome.ts';

const PRODUCE = 0;
const answer = (errors: Record<string, [number, string | null]>) => new ResponseError(PRODUCE, 11, errors, {});

describe('what a tree of errors of @platformatic/kafka says', () => {
  it('has a code somewhere, or none', () => {
    expect(codeOf(new ProtocolError(6))).toBe(6);
    expect(codeOf(answer({ '/responses/0/partition_responses/0': [19, null] }))).toBe(19);
    expect(codeOf(new MultipleErrors('failed', [new NetworkError('gone'), answer({ a: [10, null] })]))).toBe(10);
    expect(codeOf(new Error('outer', { cause: new ProtocolError(3) }))).toBe(3);
    expect(codeOf(new NetworkError('Connection closed'))).toBeUndefined();
  });

  it('the partition outweighs its records, which all look like an unknown error', () => {
    const invalid = answer({
      '/responses/0/partition_responses/0/record_errors/0': [-1, 'no key'],
      '/responses/0/partition_responses/0': [87, 'invalid'],
    });
    expect(outcomeOfError(invalid, 1)).toMatchObject({ fate: 'not-written', next: 'never', code: 87 });
  });

  it('silence and broken connections say nothing', () => {
    for (const error of [new NetworkError('Connection closed'), new TimeoutError('Request timed out'), 'what']) {
      expect(outcomeOfError(error, 1)).toEqual({ ok: false, fate: 'maybe-written', cause: error });
    }
  });
});
