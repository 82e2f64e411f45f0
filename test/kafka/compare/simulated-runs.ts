import { type Scenario, SimulatedKafka, Simulation } from '../../../sim/index.ts';
import { producerOptions } from '../../../sim/model/producer-policies.ts';
import { Topology } from '../../../sim/model/topology.ts';
import { createProducer } from '../../../src/producer/producer.ts';
import { type Figures, figuresOf } from './figures.ts';
import { leaderIs } from './real-run.ts';
import { WatchedPort } from './watched-port.ts';
import { hurtBrokers, type OutageSpan, offer } from './workload.ts';

const SLICE_NS = 1_000_000;

/** The same in the simulator, at the scenario's fidelity. */
export function modelRun(scenario: Scenario, span: OutageSpan): Figures {
  const simulation = new Simulation(scenario);
  const isHurt = leaderIs(simulation.topology, scenario.topics, span.kind);
  const endNs = Math.ceil(span.atNs + span.forNs);
  const places = simulation.clusters.logs.map((log, partition) => {
    const topic = simulation.topology.partitionTopic[partition];
    const at = {
      topic: simulation.topology.topicNames[topic],
      partition: partition - simulation.topology.topicFirstPartition[topic],
    };
    return { log, hurt: isHurt(at), end: 0, grewNs: Number.NaN };
  });
  let resumedNs = Infinity;
  let gapNs = Number.NaN;
  for (let nowNs = SLICE_NS; nowNs <= simulation.endNs; nowNs += SLICE_NS) {
    simulation.advance({ untilNs: nowNs });
    for (const place of places) {
      const end = place.log.endOffset();
      if (end === place.end) continue;
      place.end = end;
      if (place.hurt && nowNs > endNs) resumedNs = Math.min(resumedNs, nowNs);
      if (!place.hurt && !(nowNs - place.grewNs <= gapNs)) gapNs = nowNs - place.grewNs;
      place.grewNs = nowNs;
    }
  }
  const { ledger, producers } = simulation.finish();
  return {
    offered: ledger.offered,
    // As the producer sees it: what it gave up may be stored.
    delivered: ledger.stored - ledger.unknownStored,
    dropped: ledger.dropped,
    unknown: ledger.unknown + ledger.unknownStored,
    inFlight: ledger.inFlight,
    duplicates: Object.values(ledger.duplicates).reduce<number>((sum, each) => sum + (each ?? 0), 0),
    requests: producers.requests,
    recordsPerRequest: producers.recordsPerRequest,
    resumeMs: (resumedNs - endNs) / 1_000_000,
    gapMs: gapNs / 1_000_000,
  };
}

/** The producer of production, driver and all, on the simulator's brokers behind ports. */
export async function portsRun(scenario: Scenario, span: OutageSpan): Promise<Figures> {
  const { sameZoneNs, crossZoneNs } = scenario.network;
  const kafka = new SimulatedKafka({
    topics: Object.fromEntries(
      scenario.topics.map(({ name, partitions, replicationFactor }) => [name, { partitions, replicationFactor }]),
    ),
    like: { network: { sameZone: `${sameZoneNs}ns`, crossZone: `${crossZoneNs}ns` } },
  });
  const { clock } = kafka;
  const port = new WatchedPort({ port: kafka.producer(), clock });
  const begin = (): void => {
    for (const broker of hurtBrokers(span.kind)) {
      if (span.kind === 'broker-hang') kafka.hangBroker(broker + 1);
      else kafka.stopBroker(broker + 1);
    }
  };
  const end = (): void => {
    for (const broker of hurtBrokers(span.kind)) kafka.startBroker(broker + 1);
  };
  if (span.atNs === 0) begin();
  else kafka.at(span.atNs / 1e6, begin);
  kafka.at((span.atNs + span.forNs) / 1e6, end);
  const producer = createProducer({ port, clock, ...producerOptions(scenario), identity: 'compare' });
  await kafka.until(offer({ scenario, producer, clock }));
  const receipt = await kafka.until(producer.close({ graceMs: 20_000 }));
  await kafka.run({ forMs: 1_000 });
  const stored = new Map(
    scenario.topics.map(({ name }) => [
      name,
      kafka
        .records(name)
        .flat()
        .map(({ value }) => Buffer.from(value!).readUInt32BE()),
    ]),
  );
  const isHurt = leaderIs(new Topology(scenario), scenario.topics, span.kind);
  return figuresOf({ receipt, port, span, startNs: 0, isHurt, stored });
}
