/**
 * A simulation to walk through in a test: go to a time, look into a queue, let something break, go on. The clock that it
 * shows can be handed to code of one's own.
 */
import type { Clock } from '../../src/ports.ts';
import { visitRoutes } from '../model/fleet/fleet-report.ts';
import type { RunResult } from '../report/result.ts';
import { loadScenario, parseQuantity, resolveScenario, type Written } from '../scenario/index.ts';
import { Simulation, type SimulationOptions } from '../simulation.ts';
import type { WrittenFault } from './arbitrary/fault-kinds.ts';
import { BufferWatch } from './buffer-watch.ts';
import { type Policies, simulationPolicies } from './policies.ts';
import { PolicyClock } from './policy-clock.ts';

export interface ProducerQueue {
  readonly bytes: number;
  readonly records: number;
  /** Batches that are due and wait: for a broker, a back-off, a place in flight. */
  readonly readyBatches: number;
}

export interface PartitionState {
  readonly startOffset: number;
  readonly endOffset: number;
  /** What consumers may read: below it. */
  readonly highWatermark: number;
  readonly leader: number;
}

export interface SinkState {
  readonly delivered: number;
  readonly lost: number;
  /** Stored and on its way to it. */
  readonly backlog: number;
  readonly oldestAgeMs: number;
}

const NS_PER_MS = 1_000_000;

export class TimeTravel {
  /** Virtual, for the user's own code: its timers are events of this simulation. */
  readonly clock: Clock;
  /** What there is to see beyond the methods here. */
  readonly simulation: Simulation;
  readonly #written: Written | null;
  readonly #what: string | Written;

  /** A preset's name, a file's path, or a written scenario. Times count from the start, warm-up included. */
  constructor(
    what: string | Written,
    options: Omit<Policies, 'dedupe'> & Pick<SimulationOptions, 'check' | 'observe'> = {},
  ) {
    const clock = new PolicyClock();
    const { producer, router, ...rest } = options;
    const policies = simulationPolicies(
      { ...(producer !== undefined && { producer }), ...(router !== undefined && { router }) },
      { clock },
    );
    this.simulation = new Simulation(loadScenario(what), { ...rest, ...policies });
    if (options.observe instanceof BufferWatch) options.observe.attach(this.simulation);
    clock.attach(this.simulation.engine);
    this.clock = clock;
    this.#what = what;
    this.#written = typeof what === 'string' ? null : what;
  }

  get nowMs(): number {
    return this.simulation.nowNs / NS_PER_MS;
  }

  /** Goes on to a time. Throws RangeError for one that has passed. */
  to(time: string): this {
    const atNs = nsOf(time);
    if (atNs < this.simulation.nowNs) {
      throw new RangeError(`to ${time}; expected a time from ${this.nowMs} ms on: time does not go back`);
    }
    this.simulation.advance({ untilNs: atNs });
    return this;
  }

  /** Goes on by a time. */
  by(time: string): this {
    this.simulation.advance({ untilNs: this.simulation.nowNs + nsOf(time) });
    return this;
  }

  /** Goes on by so many events. */
  step(events = 1): this {
    this.simulation.advance({ budgetEvents: events });
    return this;
  }

  /** Lets a fault begin now, written as in a scenario but for its `at`. Throws ScenarioError for one that is none. */
  inject(fault: DistributedOmit<WrittenFault, 'at'>): this {
    const written = { ...fault, at: '0s' } as WrittenFault;
    const layer = this.#written ?? { extends: this.#what as string };
    const { faults } = resolveScenario({ ...layer, faults: [written] } as Written);
    for (const each of faults) this.simulation.faults.add({ ...each, atNs: this.simulation.nowNs });
    return this;
  }

  /** What a producer holds; by instance, from 0. */
  producer(instance: number): ProducerQueue {
    const { producers, plan } = this.simulation;
    within('producer', instance, plan.producers);
    producers.catchUp();
    return {
      bytes: producers.core.bufferedBytes(instance),
      records: producers.core.bufferedRecords(instance),
      readyBatches: producers.core.readyBatches(instance),
    };
  }

  /** How a partition of a topic stands. */
  partition(topic: string, partition: number): PartitionState {
    const { topology, clusters, nowNs } = this.simulation;
    const index = named('topic', topic, topology.topicNames);
    within(`partition of ${topic}`, partition, topology.topicPartitions[index]!);
    const at = topology.topicFirstPartition[index]! + partition;
    const log = clusters.logs[at]!;
    const leader = topology.partitionLeader[at]!;
    return {
      startOffset: log.startOffset(),
      endOffset: log.endOffsetAt(nowNs),
      highWatermark: clusters.copies.visibleEnd(at),
      leader: leader - topology.clusterFirstBroker[topology.brokerCluster[leader]!]!,
    };
  }

  /** What a sink has, and what is on its way to it. */
  sink(name: string): SinkState {
    const { scenario, routers, clusters, nowNs, lag } = this.simulation;
    const index = named(
      'sink',
      name,
      scenario.sinks.map((sink) => sink.name),
    );
    let [delivered, lost, backlog] = [0, 0, 0];
    visitRoutes({ fleet: routers, logs: (partition) => clusters.logs[partition]!, nowNs }, (at) => {
      if (at.sink !== index) return;
      delivered += at.delivered;
      lost += at.lost;
      backlog += at.backlog;
    });
    return { delivered, lost, backlog, oldestAgeMs: lag.now(index).ageNs / NS_PER_MS };
  }

  /** The books as of now. Changes nothing; throws InvariantError when they don't balance. */
  result(): RunResult {
    return this.simulation.finish();
  }
}

type DistributedOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

function nsOf(text: string): number {
  const parsed = parseQuantity('duration', text);
  if (!('value' in parsed)) throw new RangeError(`${JSON.stringify(text)}; expected ${parsed.expected}`);
  return parsed.value;
}

function within(what: string, given: number, count: number): void {
  if (Number.isInteger(given) && given >= 0 && given < count) return;
  throw new RangeError(`${what} ${given}; expected 0 to ${count - 1}`);
}

function named(what: string, given: string, names: readonly string[]): number {
  const index = names.indexOf(given);
  if (index < 0) throw new RangeError(`${what} ${JSON.stringify(given)}; expected one of ${names.join(', ')}`);
  return index;
}
