import { EventEmitter } from 'eventemitter3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DROP_CAUSES } from '../record.ts';
import { News, type ProducerEvents } from './news.ts';

const EVENTS = [
  'drop',
  'delivered',
  'unknown',
  'spilled',
  'spillTrouble',
  'backpressure',
  'connected',
  'disconnected',
  'failover',
] as const;

/** News of a topic `t` of class high, row 1, and all that is heard of it. */
function begin() {
  const emitter = new EventEmitter<ProducerEvents>();
  const news = new News(emitter);
  news.addRow('t', 2);
  const heard: unknown[][] = [];
  for (const event of EVENTS) emitter.on(event, (about: unknown) => heard.push([event, about]));
  const told = () => {
    news.tell();
    return heard.splice(0);
  };
  return { emitter, news, told };
}

afterEach(() => vi.restoreAllMocks());

describe('news', () => {
  it('is summed up by topic, class and fate until it is told, and told once', () => {
    const { news, told } = begin();
    expect(news.pending).toBe(false);
    const evicted = DROP_CAUSES.indexOf('evicted');
    news.dropped(1, 2, evicted);
    news.dropped(1, 3, evicted);
    news.ended(1, 4, true);
    news.ended(1, 5, false);
    news.spilled(1, 6);
    news.dropped(0, 7, DROP_CAUSES.indexOf('invalid'));
    expect(news.pending).toBe(true);
    const about = { topic: 't', class: 'high' };
    expect(told()).toEqual([
      ['drop', { ...about, cause: 'evicted', records: 5 }],
      ['delivered', { ...about, records: 4 }],
      ['unknown', { ...about, records: 5 }],
      ['spilled', { ...about, records: 6 }],
      ['drop', { topic: '', class: 'normal', cause: 'invalid', records: 7 }],
    ]);
    expect([news.pending, told()]).toEqual([false, []]);
    news.ended(1, 1, true);
    expect(told()).toEqual([['delivered', { ...about, records: 1 }]]);
  });

  it('of connections and moves is told one by one, in order', () => {
    const { news, told } = begin();
    news.connected('a');
    expect(news.pending).toBe(true);
    news.disconnected({ cluster: 'a', cause: 'gone' });
    news.failover({ topics: ['t'], from: 'a', to: 'b' });
    expect(told()).toEqual([
      ['connected', { cluster: 'a' }],
      ['disconnected', { cluster: 'a', cause: 'gone' }],
      ['failover', { topics: ['t'], from: 'a', to: 'b' }],
    ]);
  });

  it('of back-pressure is told when it differs from what was told last', () => {
    const { news, told } = begin();
    const pressure = (high: boolean) => ({ high, share: 0, fullInMs: 0, bufferedBytes: 0, bufferedRecords: 0 });
    news.pressure(pressure(false));
    expect(news.pending).toBe(false);
    news.pressure(pressure(true));
    news.pressure(pressure(false));
    expect([news.pending, told()]).toEqual([false, []]);
    news.pressure(pressure(true));
    expect([news.pending, told()]).toEqual([true, [['backpressure', pressure(true)]]]);
    news.pressure(pressure(true));
    expect(told()).toEqual([]);
    news.pressure(pressure(false));
    expect(told()).toEqual([['backpressure', pressure(false)]]);
  });

  it('of a disk in trouble is bounded between two turns', () => {
    const { news, told } = begin();
    for (let i = 0; i < 15; i++) news.trouble(i);
    expect(news.pending).toBe(true);
    expect(told()).toEqual(Array.from({ length: 10 }, (_, i) => ['spillTrouble', i]));
    news.trouble('again');
    expect(told()).toEqual([['spillTrouble', 'again']]);
  });

  it('of calls and batches is kept only while somebody listens', () => {
    const { emitter, news } = begin();
    const request = {
      topic: 't',
      partition: 0,
      records: 1,
      bytes: 1,
      attempts: 0,
      outcome: 'ok',
      latencyNs: 1,
    } as const;
    const batch = { records: 2, fate: 'delivered', ageNs: 3 } as const;
    news.request(request);
    news.batch(1, batch);
    expect(news.pending).toBe(false);
    const heard: unknown[] = [];
    emitter.on('request', (about) => heard.push(about));
    emitter.on('batch', (about) => heard.push(about));
    news.request(request);
    news.batch(1, batch);
    news.tell();
    expect(heard).toEqual([request, { topic: 't', class: 'high', ...batch }]);
  });

  it('that a listener causes waits for the next turn', () => {
    const { emitter, news, told } = begin();
    emitter.once('connected', () => {
      news.connected('b');
      news.ended(1, 1, true);
    });
    news.connected('a');
    expect(told()).toEqual([['connected', { cluster: 'a' }]]);
    expect(told()).toEqual([
      ['connected', { cluster: 'b' }],
      ['delivered', { topic: 't', class: 'high', records: 1 }],
    ]);
  });
});

describe('a listener that throws', () => {
  it('is told to whoever listens to errors, and the others hear all', () => {
    const { emitter, news, told } = begin();
    const errors: unknown[] = [];
    emitter.on('error', (cause) => errors.push(cause));
    emitter.on('connected', () => {
      throw new Error('mine');
    });
    news.connected('a');
    news.ended(1, 1, true);
    expect(told()).toHaveLength(2);
    expect(errors).toEqual([new Error('mine')]);
  });

  it('is a warning of the process where nobody listens to errors, or that listener throws', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { emitter, news } = begin();
    const fail = () => {
      throw new Error('mine');
    };
    news.safely(fail);
    emitter.on('error', fail);
    news.safely(fail);
    const warning = ['a listener or callback of a spillway producer threw: Error: mine', 'SpillwayWarning'];
    expect(warn.mock.calls).toEqual([warning, warning]);
  });
});
