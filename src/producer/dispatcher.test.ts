import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { ProduceOutcome, ProducerPort } from '../ports.ts';
import { NO_KEY } from '../record.ts';
import type { ProducerConfig } from './config.ts';
import { config } from './core.fixture.ts';
import { ProducerCore } from './core.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ObservedCall, Observer } from './observer.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
} from './outcome.ts';
import { TopicView } from './topic-view.ts';

const TOPICS = ['a', 'b'];

type Produce = ProducerPort['produce'];

/** A core with topics a and b of one partition each, both led by one broker, and a port that answers as told. */
function begin(produce: Produce, changes: Partial<ProducerConfig> = {}) {
  const clock = new ManualClock();
  const calls: Parameters<Produce>[] = [];
  const outcomes: number[] = [];
  const doubts: string[] = [];
  const core = new ProducerCore(
    { ...config, ...changes },
    {
      send: (request) => dispatcher.add(request),
      dropped: () => {},
      ended: () => {},
      freed: () => {},
      refreshMetadata: () => {},
    },
  );
  const overall = vi.spyOn(core, 'onResult');
  const dispatcher = new Dispatcher({
    core,
    clock,
    port: {
      produce: (...call: Parameters<Produce>) => {
        calls.push(call);
        return produce(...call);
      },
    } as ProducerPort,
    payload: () => [],
    topicOf: (stream) => TOPICS[stream],
    observer: {
      called: () => ({}) as ObservedCall,
      answered: (_call: ObservedCall, outcome: number) => outcomes.push(outcome),
    } as unknown as Observer,
    onAnswer: () => {},
    onDoubt: (topic) => doubts.push(topic),
  });
  core.addProducer();
  for (const stream of TOPICS.keys()) {
    core.addStream(0, 1, stream + 1);
    core.onMetadata(stream, new TopicView([0]), clock.nowNs());
  }
  const offer = (topic: string) => core.offer(TOPICS.indexOf(topic), 1, 100, NO_KEY, clock.nowNs());
  /** Lets time pass, doing each millisecond what is due. */
  const pass = async (ms: number) => {
    for (let i = 0; i < ms; i++) {
      await clock.advanceMs(1);
      core.onTime(0, clock.nowNs());
      dispatcher.drain();
    }
    await clock.advanceMs(0);
  };
  return { clock, core, dispatcher, calls, outcomes, doubts, overall, offer, pass };
}

const refusal = (next: string) => async () => ({ ok: false, fate: 'not-written', next }) as unknown as ProduceOutcome;
const answer = (what: unknown) => async () => what as ProduceOutcome;
const ok = answer({ ok: true });
const unknown = answer({ ok: false, fate: 'maybe-written' });

describe('a call of the client', () => {
  it('says what is sent, where, with which acknowledgements and for how long', async () => {
    const { calls, offer, pass } = begin(ok, { requestTimeoutNs: 99_500_000, acks: -1 });
    offer('b');
    await pass(20);
    expect(calls).toEqual([
      [
        { topic: 'b', partition: 0, records: [] },
        { acks: -1, timeoutMs: 100 },
      ],
    ]);
  });

  it.each<[string, Produce, number]>([
    ['that it is written', ok, OUTCOME_OK],
    ['to wait', refusal('backoff'), OUTCOME_REFUSED_RETRY],
    ['to ask who leads', refusal('refresh-metadata'), OUTCOME_REFUSED_METADATA],
    ['that nothing left the process', refusal('reconnect'), OUTCOME_UNREACHABLE],
    ['never', refusal('never'), OUTCOME_REFUSED_FATAL],
    ['what nobody knows', refusal('perhaps'), OUTCOME_UNKNOWN],
    ['that it may be written', unknown, OUTCOME_UNKNOWN],
    ['yes in a way of its own', answer({ ok: 'yes' }), OUTCOME_UNKNOWN],
    ['nothing', answer(undefined), OUTCOME_UNKNOWN],
    ['by rejecting', () => Promise.reject(new Error('no')), OUTCOME_UNKNOWN],
    [
      'by throwing',
      () => {
        throw new Error('no');
      },
      OUTCOME_UNKNOWN,
    ],
  ])('may be answered %s', async (_, produce, outcome) => {
    const { outcomes, doubts, offer, pass } = begin(produce, { retriesMax: 0, lingerNs: 0 });
    offer('a');
    await pass(2);
    expect(outcomes[0]).toBe(outcome);
    // Whoever did not answer may no longer be the leader.
    const inDoubt = outcome === OUTCOME_UNREACHABLE || outcome === OUTCOME_UNKNOWN;
    expect(doubts.slice(0, 1)).toEqual(inDoubt ? ['a'] : []);
  });
});

describe('a request of several batches', () => {
  const each = (a: Produce, b: Produce): Produce => ((at, how) => (at.topic === 'a' ? a : b)(at, how)) as Produce;

  it.each<[string, Produce, Produce, number]>([
    ['answered, if one batch was', ok, unknown, OUTCOME_OK],
    ['answered, if one batch was refused', unknown, refusal('backoff'), OUTCOME_OK],
    ['without an answer, if none had one', unknown, unknown, OUTCOME_UNKNOWN],
    ['unreachable, if one batch found no connection', ok, refusal('reconnect'), OUTCOME_UNREACHABLE],
  ])('is %s', async (_, a, b, outcome) => {
    const { calls, overall, offer, pass } = begin(each(a, b));
    offer('a');
    offer('b');
    await pass(11);
    expect(calls.map(([{ topic }]) => topic)).toEqual(['a', 'b']);
    expect(overall.mock.calls.map((call) => call[1])).toEqual([outcome]);
  });
});

describe('a request', () => {
  it('that was settled before it could be sent is not sent', () => {
    const { clock, core, dispatcher, calls, overall, offer } = begin(ok, { lingerNs: 0 });
    offer('a');
    core.onTime(0, clock.nowNs());
    core.terminate(0, clock.nowNs());
    expect(core.requests.live).toBe(1);
    dispatcher.drain();
    expect([calls, core.requests.live, overall.mock.calls.length]).toEqual([[], 0, 1]);
  });

  it('goes to no broker that leaves twice as many calls without an answer as may be in flight, until they are old', async () => {
    const { calls, doubts, offer, pass } = begin(() => new Promise(() => {}), { deliveryTimeoutNs: 400_000_000 });
    offer('b');
    await pass(390);
    expect(calls).toHaveLength(2);
    expect(new Set(doubts)).toEqual(new Set(['b']));
    offer('b');
    await pass(200);
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.length).toBeLessThanOrEqual(4);
  });
});
