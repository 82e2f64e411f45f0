/**
 * Every partitioner × linger × overflow policy on one storm: keystone-2015's traffic, half as much again for a second,
 * while nobody reaches the clusters of the normal class. All meet the same arrivals, network and outage. Prints records a
 * request, broker CPU, latency, drops by cause and class, and what a decision of each policy costs by itself.
 * `--scale=1` runs it at 8 M records/s: for an afternoon.
 */

import { type RunResult, simulate } from '../sim/index.ts';
import { dropNew, dropOldest, evictLower, type OverflowPolicy } from '../src/index.ts';
import { type Effort, overflowNs, PARTITIONERS, partitionerNs } from './decision.ts';
import { scaledKeystone } from './scaled-keystone.ts';
import { millions, table } from './table.ts';

const LINGERS = ['0ms', '5ms', '25ms', '100ms'];
const OVERFLOWS: readonly OverflowPolicy[] = [dropNew, dropOldest, evictLower];
const SINK = 's3';

/** Times count from the end of the warm-up. The buffer is small so that a second of outage fills it. */
const STORM = [
  'run.warmup=500ms',
  'run.for=3s',
  'traffic.shape={kind: surge, at: 500ms, for: 1s, factor: 1.5}',
  'faults=[{kind: cluster-unreachable, at: 500ms, for: 1s, cluster: normal}]',
  'producers.policy.buffer=512KiB',
];

interface Choice {
  readonly partitioner: string;
  readonly linger: string;
  readonly overflow: string;
}

export async function run({ quick }: { quick: boolean }): Promise<void> {
  const asked = process.argv.find((word) => word.startsWith('--scale='));
  const scale = asked !== undefined ? Number(asked.slice('--scale='.length)) : quick ? 1 / 125 : 1 / 50;
  const choices = Object.keys(PARTITIONERS).flatMap((partitioner) =>
    LINGERS.flatMap((linger) => OVERFLOWS.map(({ name }): Choice => ({ partitioner, linger, overflow: name }))),
  );

  console.log(
    `keystone-2015 at ${millions(8e6 * scale, 3)} records/s${scale < 1 ? `, 1/${(1 / scale).toFixed(0)} of 8 M/s with as many streams and brokers fewer: the load of each is the same` : ''}.
The storm: ${STORM.join(' ')}; Node ${process.version}\n`,
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
        `${SINK} p99 ms`,
        'dropped %',
        'low / normal / high %',
        'by cause',
      ],
      choices.map((choice) => {
        const result = simulate('keystone-2015', { sets: [...scaledKeystone(scale), ...STORM, ...setsOf(choice)] });
        return [choice.partitioner, choice.linger, choice.overflow, ...figures(result)];
      }),
    ),
  );
  console.log(`
Records a request count every attempt, those refused during the outage too. Broker CPU: mean over brokers, consumer
clusters included, measured part. Request p99: sent to answered. ${SINK} p99: from the event to the sink. Dropped: of what was offered,
and of what each class offered.
`);

  const effort: Effort = quick ? { decisions: 100_000, rounds: 7 } : { decisions: 1_000_000, rounds: 21 };
  console.log(
    table(
      ['a decision by itself', 'ns'],
      [
        ...Object.entries(PARTITIONERS).map(([name, factory]) => [name, partitionerNs(factory, effort).toFixed(1)]),
        ...OVERFLOWS.map((policy) => [policy.name, overflowNs(policy, effort).toFixed(1)]),
      ],
    ),
  );
  console.log(`
A partitioner's: peek and appended for one record, closed at every 16th, over 5 streams with 32 partitions. An overflow
policy's: victim, with a batch of each class queued. Medians of ${effort.rounds} rounds, loop included.
npm run bench -- policies${quick ? ' --quick' : ''}`);
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
    sinks.find(({ name }) => name === SINK)!.latencyMs.p99.toFixed(0),
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
