import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load.ts';
import { scenarioHash } from './scenario-hash.ts';
import { scenarioTemplate } from './template.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-'));
  mkdirSync(join(directory, 'below'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

describe('loading', () => {
  it('lays overrides on a preset, later ones on earlier', () => {
    const scenario = loadScenario('laptop', {
      sets: ['traffic.rate=1000/s', 'traffic.rate=2k/s', 'sinks.s3.router.containers=20', 'topics.routes={kafka: 25%}'],
      seed: 9,
      for: '5s',
      fidelity: 'record',
    });
    expect(scenario).toMatchObject({ seed: 9, durationNs: 5e9, fidelity: 'record' });
    expect(scenario.topics.reduce((sum, topic) => sum + topic.recordsPerSecond, 0)).toBeCloseTo(2000, 6);
    expect(scenario.sinks[0]!.router.containers).toBe(20);
  });

  it('changes one item of a list', () => {
    const yaml =
      'extends: laptop\nfaults:\n  - { kind: sink-stop, sink: s3, at: 1s, for: 1s }\n  - { kind: sink-stop, sink: kafka, at: 2s, for: 1s }\n';
    const { faults } = loadScenario(file('list.yaml', yaml), { sets: ['faults[1].at=9s'] });
    expect(faults.map((fault) => fault.atNs)).toEqual([3e9, 11e9]);
  });

  it('follows extends from file to file, relative to each', () => {
    file('base.yaml', 'extends: laptop\nrun: { for: 7s }\n');
    file('middle.yaml', 'extends: base.yaml\nseed: 4\n');
    const top = file('below/top.yaml', 'extends: ../middle.yaml\nproducers: { policy: { linger: 20ms } }\n');
    expect(loadScenario(top)).toMatchObject({
      name: 'top',
      durationNs: 7e9,
      seed: 4,
      producers: { policy: { lingerNs: 20e6 } },
    });
  });

  it('reads words that YAML takes for numbers', () => {
    const scenario = loadScenario(
      file('words.yaml', 'extends: laptop\nkafka: { profile: 0.9 }\nproducers: { policy: { acks: 1 } }\n'),
    );
    expect(scenario).toMatchObject({ kafkaProfile: '0.9', producers: { policy: { acks: 1 } } });
  });

  it('finds a trace beside the file that names it', () => {
    file('load.csv', 'timestamp,value\n2014-04-10 00:00:00,50\n2014-04-10 00:00:10,150\n2014-04-10 00:00:20,100\n');
    file(
      'base-trace.yaml',
      'extends: laptop\nrun: { for: 20s }\ntraffic: { shape: { kind: trace, file: load.csv, skip: 5s } }\n',
    );
    const top = file('below/trace.yaml', 'extends: ../base-trace.yaml\n');
    const { shape } = loadScenario(top).producers;
    // 2 s of warm-up, then from second 5 of the trace: its first step has 5 s left.
    expect(shape).toMatchObject({ kind: 'trace', startsNs: [0, 7e9, 17e9], factors: [0.5, 1.5, 1] });
  });

  it('leaves out by null what it inherits and may leave out', () => {
    file('gap.csv', 'timestamp,value\n2014-04-10 00:00:00,50\n2014-04-10 00:00:10,150\n2014-04-10 00:00:40,100\n');
    const shape = 'traffic: { shape: { kind: trace, file: gap.csv, gaps: hold } }';
    const holds = file('holds.yaml', `extends: laptop\nrun: { warmup: 0s, for: 20s }\n${shape}\n`);
    expect(loadScenario(holds).producers.shape.kind).toBe('trace');
    expect(() => loadScenario(holds, { sets: ['traffic.shape.gaps=null'] })).toThrow(/gap\.csv:4/);
    expect(() => loadScenario(holds, { sets: ['traffic.shape.rateIs=null'] })).toThrow(/expected one of mean, peak/);
    expect(() => loadScenario('laptop', { sets: ['clusters.normal.region=null'] })).toThrow(/nothing \(null\)/);
  });

  it('the template of init is a fine scenario', () => {
    const scenario = loadScenario(file('init.yaml', scenarioTemplate()));
    expect(scenario.name).toBe('my-pipeline');
    expect(scenario.topics.map((topic) => topic.name)).toContain('play-events');
    expect(scenario.assertions).toHaveLength(3);
  });
});

describe('the hash', () => {
  it('is that of the numbers, not of how or where they are written', () => {
    const hash = scenarioHash(loadScenario('laptop'));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const same = loadScenario('laptop', { sets: ['traffic.rate=3k/s', 'run.for=1min'], seed: 99 });
    expect(scenarioHash(same)).toBe(hash);
    expect(scenarioHash(loadScenario('laptop', { sets: ['producers.policy.linger=6ms'] }))).not.toBe(hash);
  });

  it('has the content of a trace in it, wherever the trace lies', () => {
    const rows = 'timestamp,value\n2014-04-10 00:00:00,50\n2014-04-10 00:00:10,150\n2014-04-10 00:00:20,100\n';
    const yaml = 'extends: laptop\nname: same\nrun: { for: 10s }\ntraffic: { shape: { kind: trace, file: t.csv } }\n';
    file('t.csv', rows);
    file('below/t.csv', rows);
    const hash = scenarioHash(loadScenario(file('here.yaml', yaml)));
    expect(scenarioHash(loadScenario(file('below/there.yaml', yaml)))).toBe(hash);
    file('t.csv', `${rows}2014-04-10 00:00:30,100\n`);
    expect(scenarioHash(loadScenario(join(directory, 'here.yaml')))).not.toBe(hash);
  });
});
