import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { codeOf, outcomeOfError } from './outcome.ts';

const protocol = (code: number, type: string) =>
  new KafkaJSProtocolError({ name: 'KafkaJSProtocolError', message: type, type, code, retriable: true } as never);
const wrapped = (cause: Error) =>
  new KafkaJSNumberOfRetriesExceeded(cause as never, { retryCount: 0, retryTime: 1 } as never);
const refused = new KafkaJSConnectionError('connect ECONNREFUSED', { code: 'ECONNREFUSED' });
const leaderless = protocol(5, 'LEADER_NOT_AVAILABLE');

describe('what a rejection of kafkajs says', () => {
  it('finds the code, however deep, and takes no text of Node for one', () => {
    expect(codeOf(protocol(6, 'NOT_LEADER'))).toBe(6);
    expect(codeOf(wrapped(protocol(20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND')))).toBe(20);
    expect(codeOf(refused)).toBeUndefined();
    expect(codeOf(undefined)).toBeUndefined();
  });

  it('before anything left, nothing was written, whatever the error', () => {
    for (const error of [refused, wrapped(refused), new KafkaJSNonRetriableError('disconnected'), new Error('?')]) {
      const outcome = outcomeOfError({ error, acks: -1, left: false, unbroken: false });
      expect(outcome).toMatchObject({ fate: 'not-written', next: 'reconnect' });
    }
    const unknown = outcomeOfError({ error: leaderless, acks: -1, left: false, unbroken: false });
    expect(unknown).toMatchObject({ fate: 'not-written', next: 'refresh-metadata', code: 5 });
    const timedOut = outcomeOfError({ error: protocol(7, 'REQUEST_TIMED_OUT'), acks: -1, left: false, unbroken: true });
    expect(timedOut).toMatchObject({ fate: 'not-written', next: 'backoff' });
  });

  it('after it left, only an answer of the broker makes sure', () => {
    const notLeader = { error: wrapped(protocol(6, 'NOT_LEADER')), acks: 1, left: true, unbroken: true } as const;
    expect(outcomeOfError(notLeader)).toMatchObject({ fate: 'not-written', next: 'refresh-metadata' });
    expect(outcomeOfError({ ...notLeader, error: refused })).toMatchObject({ fate: 'maybe-written' });
  });

  it('a code that metadata could have brought means nothing once a connection broke', () => {
    const sent = { error: leaderless, acks: 1, left: true } as const;
    expect(outcomeOfError({ ...sent, unbroken: true })).toMatchObject({ fate: 'not-written' });
    expect(outcomeOfError({ ...sent, unbroken: false })).toMatchObject({ fate: 'maybe-written' });
  });
});
