import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';

describe('explain', () => {
  it('tells meaning, unit, default and source, by era and preset', () => {
    expect(explain('producers.policy.linger')).toEqual({
      path: 'producers.policy.linger',
      meaning: 'How long a batch waits for more records.',
      expected: 'a duration with its unit, such as 250ms',
      unit: 'ns',
      default: '5ms',
      source: 'AK linger.ms: 5 ms since 4.0',
      profiles: [
        { profile: '0.8.2', value: '0ms' },
        { profile: '0.9', value: '0ms' },
      ],
      presets: [
        { preset: 'keystone-2015', value: '100ms' },
        { preset: 'keystone-2016', value: '100ms' },
      ],
      settings: [],
    });
  });

  it('says that a guess is one', () => {
    expect(explain('broker.seek').guess).toBe('an HDD of 7,200 rpm');
    expect(explain('topics.zipfExponent').presets[0]).toMatchObject({
      preset: 'keystone-2015',
      guess: expect.stringContaining('not published'),
    });
    expect(explain('broker.cores').guess).toBeUndefined();
  });

  it('takes the names of things, or does without', () => {
    expect(explain('sinks.s3.file').meaning).toBe(explain('sinks.file').meaning);
    expect(explain('sinks.my-files.router.fetchMin').default).toBe('1B');
    expect(explain('faults[0].at').meaning).toBe(explain('faults.at').meaning);
    expect(explain('clusters.normal.broker.cores').default).toBe('4');
    expect(explain('traffic.shape.ramp').default).toBe('0s');
    expect(explain('sinks.router.scaling.window').default).toBe('10');
  });

  it('lists what is in a group', () => {
    expect(explain('run').settings).toEqual(['run.warmup', 'run.for', 'run.fidelity']);
    expect(explain('').settings).toContain('producers');
    expect(explain('sinks').settings).toContain('sinks.fileAge');
  });

  it('knows every path that it lists, and has a meaning for each', () => {
    let leaves = 0;
    const visit = (path: string): void => {
      const { meaning, settings } = explain(path);
      expect(meaning, path).not.toBe('');
      if (settings.length === 0) leaves++;
      for (const below of settings) visit(below);
    };
    visit('');
    expect(leaves).toBeGreaterThan(120);
  });

  it('names the nearest key of an unknown path', () => {
    expect(() => explain('producers.policy.lingr')).toThrow(
      /^producers\.policy\.lingr: unknown setting "lingr"; expected one of .*; did you mean linger\?$/,
    );
    expect(() => explain('trafic.rate')).toThrow(/did you mean traffic\?/);
    expect(() => explain('run.for.ever')).toThrow(/nothing below it/);
  });
});
