/** Who routes what: jobs, and the containers that their partitions are packed on. Worked out once from the scenario. */
import { InvariantError } from '../../engine/invariant.ts';
import type { RouterSpec, Scenario } from '../../scenario/scenario.ts';

/** What the fleet has to know of where things stand. */
export interface FleetTopology {
  readonly brokerZone: Int32Array;
  readonly partitionLeader: Int32Array;
  readonly topicFirstPartition: Int32Array;
  /** Partitions now, and at most. */
  readonly topicPartitions: Int32Array;
  readonly topicPartitionsMax: Int32Array;
  /** The fronting topic that each topic stands for, −1 for those that producers don't write to. */
  readonly topicHome: Int32Array;
  /** One-way trip, ns: a pure function of its arguments. */
  tripNs(fromZone: number, toZone: number, entity: number, ordinal: number): number;
  /** Without jitter. */
  baseNs(fromZone: number, toZone: number): number;
}

/**
 * One topic to one sink, as the isolation of sinks from each other wants it (T16), or to several where the scenario asks
 * for the shared job of old. Consumer `firstConsumer + p` reads partition `firstPartition + p`; what it brings to the
 * m-th sink is route `firstRoute + m · partitions + p`.
 */
export interface Job {
  readonly index: number;
  readonly topic: number;
  /** The job of its routers where the topic is at first: itself, or the one that it stands for in another cluster. */
  readonly home: number;
  /** The topic that it reads: the same, or one that stands for it in another cluster. */
  readonly place: number;
  /** Sinks by index in the scenario; the first rules grouping and bounds. */
  readonly sinks: readonly number[];
  readonly spec: RouterSpec;
  /** At most: so many are reserved. */
  readonly partitions: number;
  /** Partitions that containers know of now. */
  served: number;
  readonly firstPartition: number;
  readonly firstConsumer: number;
  readonly firstRoute: number;
  readonly firstContainer: number;
  readonly containersMin: number;
  /** Container numbers are reserved up to here. */
  readonly containersMax: number;
  /** Containers that share the partitions now. */
  containers: number;
  /** False while there is nothing to read: its topic is not there yet, or no longer used. */
  open: boolean;
}

export interface JobPlan {
  readonly jobs: readonly Job[];
  readonly consumers: number;
  readonly routes: number;
  readonly containers: number;
}

export function planJobs(scenario: Scenario, topology: FleetTopology): JobPlan {
  const sinkIndex = new Map(scenario.sinks.map((sink, i) => [sink.name, i]));
  const jobs: Job[] = [];
  const served = new Set<string>();
  let consumers = 0;
  let routes = 0;
  let containers = 0;
  scenario.sinks.forEach((sink, lead) => {
    const spec = sink.router;
    const together = scenario.topics.map((topic) => {
      const shared = topic.routes
        .map((name) => {
          const index = sinkIndex.get(name);
          if (index === undefined) throw new InvariantError(`topic ${topic.name} is routed to unknown sink ${name}`);
          return index;
        })
        .filter((i) => i === lead || spec.sharedWith.includes(scenario.sinks[i].name))
        .filter((i) => !served.has(`${topic.name}/${i}`))
        .sort((a, b) => a - b);
      return shared.includes(lead) ? [lead, ...shared.filter((i) => i !== lead)] : [];
    });
    let partitionsLeft = 0;
    scenario.topics.forEach((topic, t) => {
      if (together[t].length > 0) partitionsLeft += topic.partitions;
    });
    const share = new Shares(spec, partitionsLeft);
    scenario.topics.forEach((topic, t) => {
      const sinks = together[t];
      if (sinks.length === 0) return;
      for (const i of sinks) served.add(`${topic.name}/${i}`);
      const partitions = topology.topicPartitionsMax[t];
      const range = share.of(topology.topicPartitions[t]);
      const containersMax = Math.max(range.max, packed(spec, partitions));
      jobs.push({
        index: jobs.length,
        home: jobs.length,
        topic: t,
        place: t,
        sinks,
        spec,
        partitions,
        // A group deals out all that are reserved: those that aren't there yet are empty.
        served: spec.group === null ? topology.topicPartitions[t] : partitions,
        firstPartition: topology.topicFirstPartition[t],
        firstConsumer: consumers,
        firstRoute: routes,
        firstContainer: containers,
        containersMin: range.min,
        containersMax,
        containers: range.now,
        open: true,
      });
      consumers += partitions;
      routes += partitions * sinks.length;
      containers += containersMax;
    });
  });
  const homes = [...jobs];
  topology.topicHome.forEach((home, place) => {
    if (home < 0 || home === place) return;
    for (const job of homes.filter(({ topic }) => topic === home)) {
      const firstPartition = topology.topicFirstPartition[place];
      const where = { index: jobs.length, firstPartition, firstConsumer: consumers, firstRoute: routes };
      jobs.push({ ...job, ...where, place, firstContainer: containers, open: false });
      consumers += job.partitions;
      routes += job.partitions * job.sinks.length;
      containers += job.containersMax;
    }
  });
  return { jobs, consumers, routes, containers };
}

/** By route: its global partition, and who reads for it. */
export function routeTables({ jobs, routes }: JobPlan): { partitions: Int32Array; consumers: Int32Array } {
  const partitions = new Int32Array(routes);
  const consumers = new Int32Array(routes);
  for (const job of jobs) {
    for (let i = 0; i < job.partitions * job.sinks.length; i++) {
      partitions[job.firstRoute + i] = job.firstPartition + (i % job.partitions);
      consumers[job.firstRoute + i] = job.firstConsumer + (i % job.partitions);
    }
  }
  return { partitions, consumers };
}

/** Containers that so many partitions need at least. */
export function packed(spec: RouterSpec, partitions: number): number {
  return Math.ceil(partitions / spec.partitionsPerContainerMax);
}

/** Deals a sink's containers out over its jobs by their partitions, so that rounding adds up over the jobs. */
class Shares {
  private readonly spec: RouterSpec;
  private readonly partitions: number;
  private passed = 0;

  constructor(spec: RouterSpec, partitions: number) {
    this.spec = spec;
    this.partitions = partitions;
  }

  of(partitions: number): { readonly min: number; readonly now: number; readonly max: number } {
    const from = this.passed;
    this.passed += partitions;
    const least = packed(this.spec, partitions);
    const part = (total: number): number => {
      const dealt = Math.round((total * this.passed) / this.partitions) - Math.round((total * from) / this.partitions);
      return Math.min(partitions, Math.max(least, dealt));
    };
    const now = part(this.spec.containers);
    const scaling = this.spec.scaling;
    if (scaling === null) return { min: now, now, max: now };
    const min = part(scaling.containersMin);
    const max = Math.max(min, part(scaling.containersMax));
    return { min, now: Math.min(max, Math.max(min, now)), max };
  }
}
