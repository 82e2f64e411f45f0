/**
 * Producing 200-byte records to three real brokers, acks 1, 12 partitions with three replicas each: through spillway and
 * with the same client alone. Contenders take turns in each round; figures are medians, ratios are to the client alone
 * in its best form of those tried. CPU is this process's, all threads.
 */
import { KafkaCluster, kafkaVersion } from '../../test/kafka/cluster.ts';
import { Topics } from '../../test/kafka/topics.ts';
import { table } from '../table.ts';
import { CONTENDERS, PARTITIONS } from './contenders.ts';
import { hang } from './hang.ts';

const VALUE = Buffer.alloc(200, 'v');

interface Figures {
  readonly recordsPerSecond: number;
  readonly cpuUs: number;
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

export async function run({ quick }: { quick: boolean }): Promise<void> {
  const cluster = await KafkaCluster.start();
  const topics = new Topics(cluster.bootstrap);
  try {
    const topic = await topics.create('bench', { partitions: PARTITIONS });
    console.log(`Kafka ${kafkaVersion()}, three brokers on this machine\n`);
    console.log(
      await throughput(
        cluster.bootstrap,
        topic,
        quick ? { records: 20_000, rounds: 1 } : { records: 60_000, rounds: 3 },
      ),
    );
    console.log(`\n${await hang(cluster, topic)}`);
  } finally {
    await topics.close();
    await cluster.end();
  }
}

async function throughput(
  bootstrap: readonly string[],
  topic: string,
  { records, rounds }: { records: number; rounds: number },
): Promise<string> {
  const all = CONTENDERS.map((): Figures[] => []);
  // A round to warm up.
  for (let round = -1; round < rounds; round++) {
    for (const [i, contender] of CONTENDERS.entries()) {
      const running = await contender.start(bootstrap, topic);
      const n = round < 0 ? records / 10 : records;
      await running.produce(records / 20, VALUE);
      const cpu = process.cpuUsage();
      const startMs = performance.now();
      await running.produce(n, VALUE);
      const seconds = (performance.now() - startMs) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      await running.end();
      if (round >= 0) all[i].push({ recordsPerSecond: n / seconds, cpuUs: (user + system) / n });
    }
  }
  const figures = all.map((each) => ({
    recordsPerSecond: median(each.map(({ recordsPerSecond }) => recordsPerSecond)),
    cpuUs: median(each.map(({ cpuUs }) => cpuUs)),
  }));
  const best = (client: string): number =>
    Math.max(
      ...CONTENDERS.flatMap((each, i) =>
        each.client === client && each.name.startsWith('alone') ? [figures[i].recordsPerSecond] : [],
      ),
    );
  const rows = CONTENDERS.map(({ client, name }, i) => [
    `${client}: ${name}`,
    `${Math.round(figures[i].recordsPerSecond)}`,
    (figures[i].recordsPerSecond / best(client)).toFixed(2),
    figures[i].cpuUs.toFixed(1),
  ]);
  return table(['', 'records/s', '÷ best alone', 'CPU µs a record'], rows);
}
