/** Every way to get a scenario wrong, and what is said about it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScenarioError } from './issue.ts';
import { type LoadOptions, loadScenario } from './load.ts';
import { merge, type Tree } from './merge.ts';
import { resolveScenario, type Written } from './resolve.ts';
import { tiny } from './tiny.fixture.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.replaceAll(`${directory}/`, '');
    throw error;
  }
  return 'no error';
}

/** What is said about the tiny scenario with a change. */
const saidOf = (change: Tree): string => messageOf(() => resolveScenario(merge(tiny, change) as unknown as Written));

/** What is said about a file. */
function saidOfFile(
  yaml: string,
  { options = {}, name = 'bad.yaml' }: { options?: LoadOptions; name?: string } = {},
): string {
  writeFileSync(join(directory, name), yaml);
  return messageOf(() => loadScenario(join(directory, name), options));
}

it('the scenario that the tests change is fine', () => {
  expect(saidOf({})).toBe('no error');
});

describe('keys and values', () => {
  it('unknown key', () => {
    expect(saidOfFile('extends: laptop\nproducers:\n  policy:\n    lingr: 5ms\n')).toBe(
      'bad.yaml:4:5: producers.policy.lingr: unknown key; expected a key of this group; did you mean linger?',
    );
    expect(saidOf({ run: { fro: '1s' } })).toBe(
      'run.fro: unknown key; expected one of warmup, for, fidelity; did you mean for?',
    );
  });

  it('unknown key of one kind of thing', () => {
    expect(saidOf({ traffic: { shape: { kind: 'surge', at: '1s', for: '1s', factor: 2, rmap: '1s' } } })).toBe(
      'traffic.shape.rmap: unknown key; expected one of kind, at, for, factor, ramp; did you mean ramp?',
    );
  });

  it('unknown kind', () => {
    expect(saidOf({ traffic: { shape: { kind: 'diurnl' } } })).toBe(
      'traffic.shape.kind: "diurnl"; expected one of constant, diurnal, surge, trace; did you mean diurnal?',
    );
  });

  it('missing unit', () => {
    expect(saidOfFile('extends: laptop\nrun:\n  for: 10\n')).toBe(
      'bad.yaml:3:3: run.for: 10; expected a duration with its unit, such as 250ms (write 10ms or 10s, not 10)',
    );
  });

  it('negative', () => {
    expect(saidOf({ run: { for: '-10s' } })).toBe('run.for: "-10s"; expected a duration with its unit, 0 or more');
    expect(saidOf({ producers: { instances: -1 } })).toBe(
      'producers.instances: -1; expected a whole number, 1 or more',
    );
    expect(saidOf({ run: { for: '0s' } })).toBe('run.for: "0s"; expected a duration with its unit above 0');
  });

  it('a word that is none of the choices', () => {
    expect(saidOf({ kafka: { profile: '0.8' } })).toBe(
      'kafka.profile: "0.8"; expected one of 0.8.2, 0.9, 4.x; did you mean 0.8.2?',
    );
  });

  it('missing where something must be', () => {
    expect(saidOf({ sinks: { es: { kind: 'elasticsearch' } } })).toBe(
      'sinks.es.rate: nothing; expected a record rate with its unit, such as 8M/s',
    );
    expect(saidOfFile('name: x\n')).toBe('bad.yaml: clusters: nothing; expected a map from names to settings');
  });

  it('a value where a group belongs, and an empty group', () => {
    expect(saidOf({ run: '10s' })).toBe('run: "10s"; expected a map of settings, such as `warmup:`');
    expect(saidOfFile('extends: laptop\nrun:\n')).toBe(
      'bad.yaml:2:1: run: nothing (null); expected a map of settings, such as `warmup:`',
    );
  });

  it('all that is wrong is told at once', () => {
    expect(saidOf({ run: { for: 5 }, seed: -1 }).split('\n')).toHaveLength(2);
  });
});

describe('presets and files', () => {
  it('unknown preset', () => {
    expect(messageOf(() => loadScenario('keystone-2105'))).toBe(
      'unknown preset "keystone-2105"; expected one of the presets keystone-2015, keystone-2016, laptop, or a YAML file; did you mean keystone-2015?',
    );
    expect(saidOfFile('extends: labtop\n')).toBe(
      'bad.yaml:1:1: extends: unknown preset "labtop"; expected one of the presets keystone-2015, keystone-2016, laptop, or a YAML file; did you mean laptop?',
    );
  });

  it('missing file', () => {
    expect(messageOf(() => loadScenario(`${directory}/none.yaml`))).toBe(
      'none.yaml: no such file; expected a scenario in YAML',
    );
    expect(messageOf(() => loadScenario(`${directory}/`))).toMatch(/: not a file; expected a scenario in YAML$/);
  });

  it('malformed YAML, with line and column', () => {
    const said = saidOfFile('extends: laptop\nrun:\n  for: [1s\nseed: 1\n');
    expect(said).toMatch(/^bad\.yaml:4:1: malformed YAML: .+; expected valid YAML 1\.2/);
    expect(saidOfFile('run:\n  for: 1s\n  for: 2s\n')).toMatch(
      /^bad\.yaml:3:3: malformed YAML: Map keys must be unique/,
    );
  });

  it('YAML that is no map', () => {
    expect(saidOfFile('- 1\n')).toBe('bad.yaml:1:1: a list; expected a map of settings, such as `run:`');
  });

  it('a cycle of extends', () => {
    writeFileSync(join(directory, 'a.yaml'), 'extends: ./b.yaml\n');
    writeFileSync(join(directory, 'b.yaml'), 'name: b\nextends: ./a.yaml\n');
    expect(messageOf(() => loadScenario(join(directory, 'a.yaml')))).toBe(
      'b.yaml:2:1: extends: a cycle, a.yaml → b.yaml → a.yaml; expected a chain that ends',
    );
  });

  it('null that removes what is not there', () => {
    expect(saidOfFile('extends: laptop\nsinks:\n  kafak: null\n')).toBe(
      'bad.yaml:3:3: sinks.kafak: null, which removes what is not there; expected one of s3, elasticsearch, kafka; did you mean kafka?',
    );
  });

  it('an override without a value, of an unknown path, or of no sense', () => {
    expect(messageOf(() => loadScenario('laptop', { sets: ['traffic.rate'] }))).toBe(
      '--set: "traffic.rate"; expected path=value, such as traffic.rate=4M/s',
    );
    expect(messageOf(() => loadScenario('laptop', { sets: ['trafic.rate=1/s'] }))).toBe(
      '--set: trafic: unknown key; expected a key of this group; did you mean traffic?',
    );
    expect(messageOf(() => loadScenario('laptop', { for: '10' }))).toBe(
      '--for: run.for: "10"; expected a duration with its unit, such as 250ms (write 10ms or 10s, not 10)',
    );
  });
});

describe('what does not fit together', () => {
  it('more copies than brokers', () => {
    expect(saidOfFile('extends: laptop\nclusters:\n  high:\n    brokers: 2\n')).toBe(
      'preset laptop: clusters.high.replicationFactor: 3; expected at most 2, the brokers of the cluster: each copy needs its own',
    );
    expect(saidOf({ topics: { named: { odd: { rate: '1/s', recordBytes: '1kB', replicationFactor: 4 } } } })).toBe(
      'topics.named.odd.replicationFactor: 4; expected at most 3, the brokers of normal',
    );
  });

  it('unknown sink in a route', () => {
    expect(saidOf({ topics: { routes: { s33: '10%' } } })).toBe(
      'topics.routes.s33: unknown name "s33"; expected a sink: s3; did you mean s3?',
    );
  });

  it('a fault that names an unknown cluster, or comes after the end', () => {
    const stop = { kind: 'broker-stop', at: '1s', for: '1s', cluster: 'normal' };
    expect(saidOf({ faults: [{ ...stop, cluster: 'norml' }] })).toBe(
      'faults[0].cluster: unknown name "norml"; expected a cluster: normal, consumer; did you mean normal?',
    );
    expect(saidOf({ faults: [stop, { ...stop, at: '10s' }] })).toBe(
      'faults[1].at: 10s; expected a time before the end of the run, 10s',
    );
    expect(saidOf({ faults: [{ ...stop, broker: 3 }] })).toBe(
      'faults[0].broker: 3; expected 0 to 2, as there are 3 brokers',
    );
  });

  it('a fault in a file is told with its line', () => {
    const yaml =
      'extends: laptop\nfaults:\n  - { kind: sink-stop, sink: s3, at: 1s, for: 1s }\n  - kind: sink-stop\n    sink: s3\n    at: 2h\n    for: 1s\n';
    expect(saidOfFile(yaml)).toBe('bad.yaml:6:5: faults[1].at: 2h; expected a time before the end of the run, 60s');
  });

  it('shares that do not come to a whole', () => {
    expect(saidOf({ topics: { classes: { normal: '80%' } } })).toBe(
      'topics.classes: 80% in all; expected shares that come to 100%',
    );
  });

  it('a class without a cluster', () => {
    expect(saidOf({ topics: { classes: { low: '50%', normal: '50%' } } })).toBe(
      'topics.classes.low: topics of class low in region main; expected a fronting cluster for it; there are normal (normal)',
    );
  });

  it('a kafka sink before a fronting cluster', () => {
    expect(saidOf({ sinks: { k: { kind: 'kafka', cluster: 'normal' } } })).toBe(
      'sinks.k.cluster: normal, which is a fronting cluster; expected a consumer cluster; there are consumer',
    );
  });

  it('too few streams, instances or containers', () => {
    expect(saidOf({ producers: { streams: 3 } })).toBe(
      'producers.streams: 3; expected at least 4, one for each generated topic of each region',
    );
    expect(saidOf({ producers: { streams: 100 } })).toMatch(
      /^producers\.instances: 10; expected at least \d+, as the busiest topic/,
    );
    expect(saidOf({ sinks: { s3: { router: { containers: 3 } } } })).toBe(
      'sinks.s3.router.containers: 3; expected at least 4: a container serves one topic, and up to 12 of its partitions',
    );
  });

  it('two things of one name', () => {
    expect(saidOf({ clusters: { a: { brokers: 3, count: 2 }, 'a-1': { brokers: 3 } } })).toBe(
      'clusters: two called a-1; expected names that differ once templates are spread',
    );
  });
});

describe('several settings together', () => {
  it('quotas that could not be kept, and tenants without one', () => {
    const withQuota = (web: Tree, more: Tree = {}): string => saidOf({ producers: { quotas: { web } }, ...more });
    expect(withQuota({ records: '1.5/s' })).toBe(
      'producers.quotas.web.records: 1.5 a second; expected a whole number a second',
    );
    expect(withQuota({ burst: 5 })).toBe('producers.quotas.web.burst: 5; expected `records:` beside it');
    expect(withQuota({ bytes: '1MB/s', burstBytes: '1kB' })).toBe(
      'producers.quotas.web.burstBytes: 1kB; expected at least policy.recordMax, 1MiB: a larger record would never fit',
    );
    expect(withQuota({ records: '5/s' }, { topics: { tenants: { wbe: '10%' } } })).toBe(
      'topics.tenants.wbe: unknown tenant "wbe"; expected a tenant of producers.quotas; there are web; did you mean web?',
    );
    expect(withQuota({ records: '5/s' }, { topics: { tenants: { web: '110%' } } })).toMatch(/^topics\.tenants/);
    const odd = { rate: '1/s', recordBytes: '1kB', tenant: 'nobody' };
    expect(saidOf({ topics: { named: { odd } } })).toBe(
      'topics.named.odd.tenant: unknown tenant "nobody"; expected a tenant of producers.quotas; there are none',
    );
  });

  it('a delivery time-out that no request can keep', () => {
    expect(saidOfFile('extends: laptop\nproducers:\n  policy: { deliveryTimeout: 10s }\n')).toMatch(
      /^bad\.yaml:3:\d+: producers\.policy\.deliveryTimeout: 10s; expected at least linger \+ requestTimeout = 30005ms/,
    );
  });
});

describe('traces', () => {
  const trace = (file: string, more = '') =>
    `extends: laptop\ntraffic:\n  shape: { kind: trace, file: ${file}${more} }\nrun: { for: 5min }\n`;

  it('missing trace file', () => {
    expect(saidOfFile(trace('none.csv'))).toBe(
      'bad.yaml:3:25: traffic.shape.file: no such file "none.csv"; expected a CSV file with the head `timestamp,value`',
    );
  });

  it('gaps and no policy', () => {
    const rows = ['2014-04-10 00:00:00,5', '2014-04-10 00:05:00,5', '2014-04-10 00:10:00,5', '2014-04-10 00:20:00,5'];
    writeFileSync(join(directory, 'gap.csv'), `timestamp,value\n${rows.join('\n')}\n`);
    expect(saidOfFile(trace('gap.csv'))).toBe(
      'gap.csv:5:1: traffic.shape.file: 600 s after the line before, where the step is 300 s; expected an even step, or `gaps:` with one of hold, interpolate, zero',
    );
    expect(saidOfFile(trace('gap.csv', ', gaps: hold'))).toBe('no error');
  });

  it('a run longer than the trace', () => {
    writeFileSync(join(directory, 'short.csv'), 'timestamp,value\n2014-04-10 00:00:00,5\n2014-04-10 00:01:00,5\n');
    expect(saidOfFile(trace('short.csv'))).toBe(
      'bad.yaml:4:8: run.for: 300s, longer than the trace; expected at most 120s, what is left of short.csv after skip',
    );
  });
});

describe('alerts', () => {
  const alert = (change: Tree) => ({ alerts: {}, assert: [{ metric: 'alert', rule: 'drops', ...change }] });

  it('asserted without anybody who watches', () => {
    expect(saidOf({ assert: [{ metric: 'alert', rule: 'drops', never: true }] })).toBe(
      'assert[0].metric: alert; expected `alerts:` in the scenario: nobody watches it',
    );
  });

  it('asserted with no bound, or with two', () => {
    const expected = 'one of raisedWithin, clearedWithin and never: true';
    expect(saidOf(alert({}))).toBe(`assert[0]: 0 bounds; expected ${expected}`);
    expect(saidOf(alert({ never: true, raisedWithin: '1s' }))).toBe(`assert[0]: 2 bounds; expected ${expected}`);
  });

  it('of something that the rule is not about', () => {
    expect(saidOf(alert({ never: true, on: 'nothing' }))).toMatch(
      /^assert\[0\]\.on: unknown name "nothing"; expected one of /,
    );
  });

  it('of an unknown rule', () => {
    expect(saidOf(alert({ rule: 'drop', never: true }))).toMatch(/did you mean drops\?$/);
  });
});

describe('auditors', () => {
  it('whose reports travel by a cluster that is not there', () => {
    expect(saidOf({ audit: { cluster: 'nowhere' } })).toMatch(
      /^audit\.cluster: unknown name "nowhere"; expected a cluster: /,
    );
  });

  it('that speak before counts can have come', () => {
    const said = saidOfFile('extends: laptop\naudit: { cluster: high, grace: 10s, delay: 1s, settle: 11s }\n');
    expect(said).toBe('bad.yaml:2:48: audit.settle: 11s; expected more than grace + delay = 11s');
  });

  it('that forget before they speak', () => {
    expect(saidOfFile('extends: laptop\naudit: { cluster: high, keep: 1s }\n')).toMatch(
      /audit\.keep: 1s; expected settle or more, 15s$/,
    );
  });
});
