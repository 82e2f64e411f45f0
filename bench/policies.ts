/**
 * Every partitioner × linger × overflow policy on one storm: keystone-2015's traffic, half as much again for a while,
 * when nobody reaches the clusters of the normal class. All meet the same arrivals, network and outage. Prints records a
 * request, broker CPU, latency, drops by cause and class, and what a decision of each policy costs by itself.
 *
 * Scaled down, each stream and broker carries what it does at 8 M records/s, but there are fewer brokers for a producer's
 * records to scatter over, so that partitioners which scatter find more company in a request than they would there.
 * `--scale=1` runs at full size: a shorter storm, and overflow policies against each other at one linger, as without
 * linger most choices send each record by itself, 8 million requests a second.
 */
import { inlineMore } from '../sim/cli/inlining.ts';
import { type RunResult, simulate } from '../sim/index.ts';
import { inChild } from './child.ts';
import { OVERFLOWS, PARTITIONERS } from './decision.ts';
import { scaledKeystone } from './scaled-keystone.ts';
import { millions, table } from './table.ts';

const LINGERS = ['0ms', '5ms', '25ms', '100ms'];

interface Storm {
  readonly warmup: string;
  readonly for: string;
  /** Of surge and outage, from the end of the warm-up. */
  readonly at: string;
  readonly lasts: string;
  /** Clusters of the normal class. */
  readonly clusters: readonly string[];
  /** So small that the outage fills it. */
  readonly buffer: string;
}

const SCALED: Storm = {
  warmup: '300ms',
  for: '1500ms',
  at: '200ms',
  lasts: '600ms',
  clusters: ['normal'],
  buffer: '512KiB',
};
const FULL: Storm = {
  warmup: '120ms',
  for: '280ms',
  at: '20ms',
  lasts: '200ms',
  clusters: ['normal-1', 'normal-2', 'normal-3', 'normal-4'],
  buffer: '128KiB',
};

interface Choice {
  readonly partitioner: string;
  readonly linger: string;
  readonly overflow: string;
}

export async function run({ quick }: { quick: boolean }): Promise<void> {
  inlineMore();
  const asked = process.argv.find((word) => word.startsWith('--scale='));
  const scale = asked !== undefined ? Number(asked.slice('--scale='.length)) : quick ? 1 / 125 : 1 / 25;
  const choices = Object.keys(PARTITIONERS).flatMap((partitioner) =>
    LINGERS.flatMap((linger) => OVERFLOWS.map(({ name }): Choice => ({ partitioner, linger, overflow: name }))),
  );
  const full = scale === 1;
  const taken = quick ? choices.filter(isTelling) : full ? choices.filter(isAffordable) : choices;
  const storm = settingsOf(full ? FULL : SCALED);

  console.log(
    `keystone-2015 at ${millions(8e6 * scale, 3)} records/s${scale < 1 ? `, 1/${(1 / scale).toFixed(0)} of 8 M/s with as many streams and brokers fewer: the load of each is the same` : ''}.
The storm: ${storm.join(' ')}; Node ${process.version}\n`,
  );
  console.log(
    table(
      [
        'partitioner',
        'linger',
        'overflow',
        'records a request',
        'broker CPU %',
        'request p99 ms',
        'sink p99 ms',
        'dropped %',
        'low / normal / high %',
        'by cause',
      ],
      taken.map((choice) => {
        const result = simulate('keystone-2015', { sets: [...scaledKeystone(scale), ...storm, ...setsOf(choice)] });
        return [choice.partitioner, choice.linger, choice.overflow, ...figures(result)];
      }),
    ),
  );
  console.log(`
${quick ? 'Quick: of 60 combinations those with lingers in between, and overflow policies without linger, are left out.\n' : ''}${full ? 'Full size: of 60 combinations those that differ in the overflow policy are compared at a linger of 100 ms alone.\n' : ''}Records a request: every attempt counts, those refused during the outage too. Broker CPU: mean over all brokers. Request
p99: sent to answered. Sink p99: from the event to consumer Kafka, the worst of its clusters (files of S3 take longer
than the storm). Dropped: of what was offered, and of what each class offered.
`);

  const policies = [...Object.keys(PARTITIONERS), ...OVERFLOWS.map(({ name }) => name)];
  console.log(
    table(
      ['a decision by itself', 'ns'],
      policies.map((name) => [name, inChild('decision-main', { name, quick }).toFixed(1)]),
    ),
  );
  console.log(`
A partitioner's: peek and appended for one record, closed at every 16th, over 5 streams with 32 partitions. An overflow
policy's: victim, with a batch of each class queued. Medians of rounds, each policy in a process of its own.
npm run bench -- policies${quick ? ' --quick' : ''}`);
}

/** The ends of each range. */
function isTelling({ linger, overflow }: Choice): boolean {
  return linger === '100ms' || (linger === '0ms' && overflow === 'drop-new');
}

/** What is left at full size, where each choice without linger takes 3 million requests. */
function isAffordable({ linger, overflow }: Choice): boolean {
  return linger === '100ms' || overflow === 'drop-new';
}

function settingsOf({ warmup, for: forSimulated, at, lasts, clusters, buffer }: Storm): string[] {
  const faults = clusters.map(
    (cluster) => `{kind: cluster-unreachable, at: ${at}, for: ${lasts}, cluster: ${cluster}}`,
  );
  return [
    `run.warmup=${warmup}`,
    `run.for=${forSimulated}`,
    `traffic.shape={kind: surge, at: ${at}, for: ${lasts}, factor: 1.5}`,
    `faults=[${faults.join(', ')}]`,
    `producers.policy.buffer=${buffer}`,
  ];
}

function setsOf({ partitioner, linger, overflow }: Choice): string[] {
  const policy = 'producers.policy';
  return [`${policy}.partitioner=${partitioner}`, `${policy}.linger=${linger}`, `${policy}.overflow=${overflow}`];
}

function figures({ producers, brokers, sinks, ledger, topics }: RunResult): string[] {
  if (!ledger.balanced) throw new Error('the books do not balance');
  const percent = (n: number, of: number): string => (of === 0 ? '–' : ((100 * n) / of).toFixed(2));
  const ofClass = (name: string): string => {
    const own = topics.filter(({ class: each }) => each === name);
    return percent(
      own.reduce((sum, { dropped }) => sum + total(dropped), 0),
      own.reduce((sum, { offered }) => sum + offered, 0),
    );
  };
  return [
    producers.recordsPerRequest.toFixed(2),
    (100 * brokers.cpu.mean).toFixed(1),
    brokers.produceLatencyMs.p99.toFixed(1),
    Math.max(...sinks.filter(({ kind }) => kind === 'kafka').map(({ latencyMs }) => latencyMs.p99)).toFixed(0),
    percent(total(ledger.dropped), ledger.offered),
    ['low', 'normal', 'high'].map(ofClass).join(' / '),
    Object.entries(ledger.dropped)
      .map(([cause, n]) => `${cause} ${n}`)
      .join(', ') || 'none',
  ];
}

function total(dropped: Readonly<Record<string, number>>): number {
  return Object.values(dropped).reduce((sum, n) => sum + n, 0);
}
