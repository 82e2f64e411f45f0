import { protocolErrors } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import type { Acks } from '../record.ts';
import { outcomeOfCode } from './kafka-errors.ts';

const cause = new Error('told');
const outcome = (code: number, acks: Acks = 1) => outcomeOfCode({ code, acks, cause });
const codeOf = (name: string): number => (protocolErrors as Record<string, { code: number }>)[name].code;

describe('what an error code says of a batch', () => {
  it.each([
    ['NOT_LEADER_OR_FOLLOWER', 'refresh-metadata'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'refresh-metadata'],
    ['LEADER_NOT_AVAILABLE', 'refresh-metadata'],
    ['NOT_ENOUGH_REPLICAS', 'backoff'],
    ['CORRUPT_MESSAGE', 'backoff'],
    ['THROTTLING_QUOTA_EXCEEDED', 'backoff'],
    ['MESSAGE_TOO_LARGE', 'never'],
    ['RECORD_LIST_TOO_LARGE', 'never'],
    ['TOPIC_AUTHORIZATION_FAILED', 'never'],
    ['INVALID_RECORD', 'never'],
    ['INVALID_TIMESTAMP', 'never'],
    ['INVALID_TOPIC_EXCEPTION', 'never'],
  ])('%s: surely not written, %s', (name, next) => {
    const code = codeOf(name);
    expect(outcome(code)).toEqual({ ok: false, fate: 'not-written', next, code, cause });
  });

  it.each([
    'REQUEST_TIMED_OUT',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'KAFKA_STORAGE_ERROR',
    'NETWORK_EXCEPTION',
    'UNKNOWN_SERVER_ERROR',
  ])('%s: maybe written', (name) => {
    const code = codeOf(name);
    expect(outcome(code)).toEqual({ ok: false, fate: 'maybe-written', code, cause });
  });

  it('a leader that lost office while it waited for followers has appended', () => {
    expect(outcome(6, 1)).toMatchObject({ fate: 'not-written' });
    expect(outcome(6, -1)).toMatchObject({ fate: 'maybe-written' });
  });

  it('a duplicate that the broker recognised is delivered', () => {
    expect(outcome(codeOf('DUPLICATE_SEQUENCE_NUMBER'))).toEqual({ ok: true, baseOffset: null });
  });

  it('a code from the future is maybe written', () => {
    expect(outcome(9_999)).toMatchObject({ ok: false, fate: 'maybe-written', code: 9_999 });
  });
});
