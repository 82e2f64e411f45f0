import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/ports.ts';
import { TimeTravel } from './time-travel.ts';
import { smallPipeline } from './traps.fixture.ts';

const world = { ...smallPipeline({ policy: { deliveryTimeout: 'never' } }), run: { warmup: '0s', for: '10s' } };

describe('travelling in time', () => {
  it('goes to a time, looks, lets something break, and goes on', () => {
    const travel = new TimeTravel(world);
    travel.to('1s');
    const before = travel.partition('clicks', 0);
    expect(before.endOffset).toBeGreaterThan(20);
    expect(travel.producer(0).records).toBeLessThan(5);

    travel.inject({ kind: 'broker-kill', for: '500ms', cluster: 'normal', broker: 0 }).by('400ms');
    expect(travel.nowMs).toBe(1400);
    expect(travel.producer(0)).toMatchObject({ records: expect.any(Number), readyBatches: expect.any(Number) });
    expect(travel.producer(0).records).toBeGreaterThan(10);
    expect(travel.partition('clicks', 0).endOffset).toBe(before.endOffset);

    travel.to('3s');
    expect(travel.producer(0).records).toBeLessThan(5);
    expect(travel.sink('sink').delivered).toBeGreaterThan(100);
    expect(travel.result().ledger).toMatchObject({ balanced: true, dropped: {}, unknown: 0 });
  });

  it('gives what the same fault gives when the scenario has it', () => {
    const fault = { kind: 'sink-stop', for: '700ms', sink: 'sink' } as const;
    const injected = new TimeTravel(world).to('1s').inject(fault).to('5s').result();
    const written = new TimeTravel({ ...world, faults: [{ ...fault, at: '1s' }] }).to('5s').result();
    expect(injected.ledger).toEqual(written.ledger);
    expect(injected.sinks).toEqual(written.sinks);
  });

  it('steps by events, and never back', () => {
    const travel = new TimeTravel(world);
    travel.step(10);
    expect(travel.simulation.events).toBe(10);
    travel.to('2s');
    expect(() => travel.to('1s')).toThrow('to 1s; expected a time from 2000 ms on: time does not go back');
    expect(() => travel.to('later')).toThrow(/"later"; expected a duration/);
    expect(() => travel.producer(7)).toThrow('producer 7; expected 0 to 0');
    expect(() => travel.sink('s4')).toThrow('sink "s4"; expected one of sink');
    expect(() => travel.inject({ kind: 'sink-stop', for: '1s', sink: 'sinc' })).toThrow(/did you mean sink/);
  });

  it('works from a preset’s name', () => {
    const travel = new TimeTravel('laptop')
      .to('3s')
      .inject({ kind: 'broker-kill', for: '1s', cluster: 'high' })
      .by('500ms');
    expect(travel.simulation.clusters.copies.isDown(travel.simulation.topology.clusterFirstBroker[1]!)).toBe(true);
  });
});

describe('the virtual clock', () => {
  it('runs timers of code of one’s own, in the simulation’s time', () => {
    const seen: string[] = [];
    const travel = new TimeTravel(world);
    const cron = (clock: Clock): void => {
      clock.after(100_000_000, () => {
        seen.push(`${clock.nowNs() / 1e6} ms, ${clock.wallMs() % 1_000}`);
        cron(clock);
      });
    };
    cron(travel.clock);
    const never = travel.clock.after(150_000_000, () => seen.push('cancelled'));
    never.cancel();
    travel.to('250ms');
    expect(seen).toEqual(['100 ms, 100', '200 ms, 200']);
  });

  it('is what policies are made with', () => {
    const asked: number[] = [];
    const travel = new TimeTravel(world, {
      router: ({ clock, topic, sinks }) => {
        expect([topic, sinks]).toEqual(['clicks', ['sink']]);
        return {
          commit: {
            name: 'on the second',
            dueNs: () => {
              asked.push(clock.nowNs());
              return Math.ceil(clock.nowNs() / 1e9) * 1e9;
            },
          },
        };
      },
    });
    travel.to('3s');
    expect(new Set(asked).size).toBeGreaterThan(3);
  });
});
