/**
 * Producing events of 200 bytes to three real brokers, acks 1, 12 partitions with three replicas each, uncompressed: through
 * spillway and with the same client alone. Contenders of a client take turns in each round; figures are medians. CPU is
 * this process's, all threads.
 */
import { KafkaCluster, kafkaVersion } from '../../test/kafka/cluster.ts';
import { Topics } from '../../test/kafka/topics.ts';
import { table } from '../table.ts';
import { type Contender, type Event, PARTITIONS } from './contender.ts';
import { contendersOf } from './contenders.ts';
import { hang } from './hang.ts';

const VALUE_BYTES = 200;

/** Distinct, so that nothing is encoded once for all. */
function eventsOf({ keys }: { keys: number }): readonly Event[] {
  return Array.from({ length: 1_000 }, (_, i) => ({
    key: keys === 0 ? null : `user-${(i * 7_919) % keys}`,
    value: `${`{"id":${i},"text":"`.padEnd(VALUE_BYTES - 2, 'v')}"}`,
  }));
}

interface Figures {
  readonly recordsPerSecond: number;
  readonly cpuUs: number;
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

export interface BenchOptions {
  readonly quick: boolean;
  /** Part of a client's name: only its throughput is measured. Empty: all. */
  readonly client: string;
}

export async function run({ quick, client }: BenchOptions): Promise<void> {
  const cluster = await KafkaCluster.start();
  const topics = new Topics(cluster.bootstrap);
  try {
    const topic = await topics.create('bench', { partitions: PARTITIONS });
    console.log(`Kafka ${kafkaVersion()}, three brokers on this machine`);
    const effort = quick ? { records: 20_000, rounds: 1 } : { records: 60_000, rounds: 3 };
    const contenders = contendersOf(client);
    for (const keys of [0, 500]) {
      console.log(keys === 0 ? '\nwithout keys' : `\n${keys} keys`);
      const figures = await measured(contenders, eventsOf({ keys }), {
        bootstrap: cluster.bootstrap,
        topic,
        ...effort,
      });
      console.log(tableOf(contenders, figures));
    }
    if (client === '') console.log(`\n${await hang(cluster, topic)}`);
  } finally {
    await topics.close();
    await cluster.end();
  }
}

interface Course {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  readonly records: number;
  readonly rounds: number;
}

async function measured(
  contenders: readonly Contender[],
  events: readonly Event[],
  { bootstrap, topic, records, rounds }: Course,
): Promise<Figures[]> {
  const all = contenders.map((): Figures[] => []);
  // A round to warm up.
  for (let round = -1; round < rounds; round++) {
    for (const [i, { start, share = 1 }] of contenders.entries()) {
      const running = await start(bootstrap, topic);
      const n = Math.ceil(records * share);
      await running.produce(n / 10, events);
      const cpu = process.cpuUsage();
      const startMs = performance.now();
      await running.produce(n, events);
      const seconds = (performance.now() - startMs) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      await running.end();
      if (round >= 0) all[i].push({ recordsPerSecond: n / seconds, cpuUs: (user + system) / n });
    }
  }
  return all.map((each) => ({
    recordsPerSecond: median(each.map(({ recordsPerSecond }) => recordsPerSecond)),
    cpuUs: median(each.map(({ cpuUs }) => cpuUs)),
  }));
}

const KINDS = { own: 'alone', hand: 'alone, batches by hand', spillway: 'spillway' } as const;

function tableOf(contenders: readonly Contender[], figures: readonly Figures[]): string {
  const best = (client: string, batching: Contender['batching']): number =>
    Math.max(
      ...contenders.flatMap((each, i) =>
        each.client === client && each.batching === batching ? [figures[i].recordsPerSecond] : [],
      ),
    );
  const rows = contenders.map(({ client, batching, name }, i) => {
    const { recordsPerSecond, cpuUs } = figures[i];
    const ratio = (to: Contender['batching']): string => (recordsPerSecond / best(client, to)).toFixed(2);
    return [
      `${client}: ${KINDS[batching]}, ${name}`,
      `${Math.round(recordsPerSecond)}`,
      ratio('own'),
      ratio('hand'),
      cpuUs.toFixed(1),
    ];
  });
  return table(['', 'records/s', '÷ best alone', '÷ best by hand', 'CPU µs a record'], rows);
}
