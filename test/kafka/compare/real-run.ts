import { setTimeout as sleep } from 'node:timers/promises';
import { REPLICAS_MAX, Topology } from '../../../sim/model/topology.ts';
import { systemClock } from '../../../src/clock.ts';
import type { ProducerPort } from '../../../src/ports.ts';
import { createProducer } from '../../../src/producer/producer.ts';
import type { KafkaCluster } from '../cluster.ts';
import type { Topics } from '../topics.ts';
import { calmLatencyNs, type Figures, figuresOf } from './figures.ts';
import { WatchedPort } from './watched-port.ts';
import { BROKER, hurtBrokers, type Outage, type OutageSpan, offer, policies, S, workload } from './workload.ts';

const GRACE_MS = 20_000;

export interface RealRun {
  readonly figures: Figures;
  /** As it came: a broker takes its time to start. */
  readonly span: OutageSpan;
  readonly latencyNs: number;
}

/** The workload and the outage on real brokers. */
export async function realRun(options: {
  cluster: KafkaCluster;
  topics: Topics;
  port: ProducerPort;
  outage: Outage;
  seconds: number;
}): Promise<RealRun> {
  const { cluster, topics, outage, seconds } = options;
  const scenario = workload({ outage, seconds });
  const topology = new Topology(scenario);
  for (const [index, { name, partitions }] of scenario.topics.entries()) {
    const first = topology.topicFirstPartition[index];
    const assignment = Array.from({ length: partitions }, (_, p) => [
      topology.replicas[(first + p) * REPLICAS_MAX] + 1,
    ]);
    await topics.createNamed(name, { assignment });
  }
  const hurt = cluster.broker(BROKER + 1);
  if (outage === 'cluster-away') for (const broker of cluster.brokers) await broker.kill9();
  const clock = systemClock;
  const port = new WatchedPort({ port: options.port, clock });
  const producer = createProducer({ port, ...policies(scenario), identity: 'compare' });
  const startNs = clock.nowNs();
  const offered = offer({ scenario, producer, clock });
  const atNs = outage === 'cluster-away' ? 0 : 8 * S;
  await sleep(atNs / 1e6);
  const fromNs = outage === 'cluster-away' ? startNs : clock.nowNs();
  if (outage === 'broker-stop') await hurt.kill9();
  if (outage === 'broker-hang') hurt.sigstop();
  await sleep(outage === 'cluster-away' ? 3_000 : 6_000);
  if (outage === 'broker-hang') hurt.sigcont();
  else await cluster.startAll();
  const span = { kind: outage, atNs: fromNs - startNs, forNs: clock.nowNs() - fromNs };
  await offered;
  const receipt = await producer.close({ graceMs: GRACE_MS });
  const stored = new Map<string, number[]>();
  for (const { name } of scenario.topics) {
    const records = (await topics.readBack(name)).flat();
    stored.set(
      name,
      records.map(({ value }) => Buffer.from(value!).readUInt32BE()),
    );
  }
  const isHurt = leaderIs(topology, scenario.topics, outage);
  return {
    figures: figuresOf({ receipt, port, span, startNs, isHurt, stored }),
    span,
    latencyNs: calmLatencyNs(port, { startNs, span }),
  };
}

/** Whether the outage takes the partition away. */
export function leaderIs(topology: Topology, topics: readonly { readonly name: string }[], outage: Outage) {
  return ({ topic, partition }: { topic: string; partition: number }): boolean => {
    const index = topics.findIndex(({ name }) => name === topic);
    const leader = topology.partitionLeader[topology.topicFirstPartition[index] + partition];
    return hurtBrokers(outage).includes(leader);
  };
}
