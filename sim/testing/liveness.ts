/** What a world still owes its records: what is held, and how old the oldest of it is. */
import { BATCH } from '../../src/producer/batch-pool.ts';
import { visitRoutes } from '../model/fleet/fleet-report.ts';
import type { Simulation } from '../simulation.ts';

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_N, B_STATE, B_STREAM } = BATCH;

/** When the oldest record was offered that is in no log, or in one and not with a sink; `Infinity` when all are done. */
export function oldestOpenNs(simulation: Simulation): number {
  simulation.producers.catchUp();
  let oldestNs = Infinity;
  visitHeld(simulation, (_, __, createdNs) => {
    if (createdNs < oldestNs) oldestNs = createdNs;
  });
  const { nowNs } = simulation;
  const { books, plan } = simulation.routers;
  for (const job of plan.jobs) {
    for (let m = 0; m < job.sinks.length; m++) {
      for (let p = 0; p < job.partitions; p++) {
        const log = simulation.clusters.logs[job.firstPartition + p]!;
        const position = books.position(job.firstRoute + m * job.partitions + p);
        if (position >= log.endOffsetAt(nowNs)) continue;
        log.visit(position, position + 1, (_records, createdNs) => {
          if (createdNs < oldestNs) oldestNs = createdNs;
        });
      }
    }
  }
  return oldestNs;
}

/** What is held where, in words: what a pipeline that never drains is stuck on. */
export function whatIsStuck(simulation: Simulation): string[] {
  const { scenario, plan, topology, routers, clusters, nowNs } = simulation;
  const held = new Map<number, number>();
  visitHeld(simulation, (stream, n) => held.set(stream, (held.get(stream) ?? 0) + n));
  const lines = [...held].map(
    ([stream, n]) =>
      `producer ${plan.streamProducer[stream]} holds ${n} records of ${scenario.topics[plan.streamTopic[stream]!]!.name}`,
  );
  visitRoutes({ fleet: routers, logs: (partition) => clusters.logs[partition]!, nowNs }, (at) => {
    if (at.backlog === 0) return;
    const topic = topology.partitionTopic[at.partition]!;
    const partition = at.partition - topology.topicFirstPartition[topic]!;
    lines.push(
      `sink ${scenario.sinks[at.sink]!.name} lacks ${at.backlog} records of ${topology.topicNames[topic]}/${partition}`,
    );
  });
  return lines;
}

function visitHeld(simulation: Simulation, each: (stream: number, n: number, createdNs: number) => void): void {
  const { producers, nowNs } = simulation;
  const { batches } = producers.core;
  for (let batch = 0; batch < batches.used; batch++) {
    const line = batch * B_INTS;
    if (batches.ints[line + B_STATE] === 0 || !producers.books.inFlightAt(batch, nowNs)) continue;
    each(
      batches.ints[line + B_STREAM]!,
      batches.ints[line + B_N]!,
      batches.floats[batch * B_FLOATS + B_CREATED_AT_NS]!,
    );
  }
}
