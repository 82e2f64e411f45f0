/** What brokers have used of their resources since a mark: set after the warm-up, so that start-up doesn't count. */
import type { Clusters } from '../model/clusters.ts';
import type { Topology } from '../model/topology.ts';
import type { BrokerReport, CpuReport, LatencySummary } from '../report/result.ts';

const FIELDS = 5;

export class BrokerUsage {
  readonly #clusters: Clusters;
  readonly #topology: Topology;
  readonly #marks: Float64Array;
  readonly #regions: readonly string[];
  #markNs = 0;

  readonly #isThere: (broker: number) => boolean;

  constructor(
    world: { readonly clusters: Clusters; readonly topology: Topology; readonly regions: readonly string[] },
    isThere: (broker: number) => boolean,
  ) {
    const { clusters, topology, regions } = world;
    this.#isThere = isThere;
    this.#clusters = clusters;
    this.#regions = regions;
    this.#topology = topology;
    this.#marks = new Float64Array(topology.brokers * FIELDS);
  }

  mark(nowNs: number): void {
    this.#markNs = nowNs;
    for (let broker = 0; broker < this.#topology.brokers; broker++) {
      this.#read(broker).forEach((value, field) => {
        this.#marks[broker * FIELDS + field] = value;
      });
    }
  }

  /** Over the fronting brokers that are there now: utilisation as fractions of 1. */
  report(nowNs: number, produceLatencyMs: LatencySummary): BrokerReport {
    const spanNs = Math.max(1, nowNs - this.#markNs);
    const cpus: number[] = [];
    const byRegion = new Map<string, number[]>(this.#regions.map((name) => [name, []]));
    let requests = 0;
    let busiest = { broker: -1, at: -1, shortOf: 'cpu' as 'cpu' | 'network' | 'disk', cpu: 0, network: 0, disk: 0 };
    for (let broker = 0; broker < this.#topology.brokers; broker++) {
      const cluster = this.#topology.clusters[this.#topology.brokerCluster[broker]];
      if (cluster.role !== 'fronting' || !this.#isThere(broker)) continue;
      const spec = cluster.broker;
      const used = this.#read(broker).map((value, field) => value - this.#marks[broker * FIELDS + field]);
      const seconds = spanNs / 1e9;
      const cpu = spec.cpu.baseFraction + used[0] / (spanNs * spec.cores);
      const network = Math.max(used[1], used[2]) / seconds / spec.networkBytesPerSecond;
      const disk = used[3] / seconds / spec.diskBytesPerSecond;
      cpus.push(cpu);
      byRegion.get(cluster.region)!.push(cpu);
      requests += used[4];
      const at = Math.max(cpu, network, disk);
      if (at > busiest.at) {
        busiest = { broker, at, shortOf: at === cpu ? 'cpu' : at === network ? 'network' : 'disk', cpu, network, disk };
      }
    }
    const regions = [...byRegion].map(([name, own]) => ({ name, count: own.length, cpu: cpuOver(own) }));
    return {
      count: cpus.length,
      cpu: cpuOver(cpus),
      ...(regions.length > 1 && { regions }),
      requestsPerSecond: requests / (spanNs / 1e9),
      busiest: {
        name: busiest.broker < 0 ? '' : this.#topology.brokerNames[busiest.broker],
        shortOf: busiest.shortOf,
        utilisation: { cpu: busiest.cpu, network: busiest.network, disk: busiest.disk },
      },
      produceLatencyMs,
    };
  }

  #read(broker: number): number[] {
    const { brokers } = this.#clusters;
    return [
      brokers.busyCpuNs(broker),
      brokers.netInBytes(broker),
      brokers.netOutBytes(broker),
      brokers.diskBytes(broker),
      brokers.requests(broker),
    ];
  }
}

function cpuOver(brokers: readonly number[]): CpuReport {
  const count = brokers.length;
  if (count === 0) return { mean: 0, p99: 0, max: 0 };
  const cpus = [...brokers].sort((a, b) => a - b);
  const mean = cpus.reduce((sum, cpu) => sum + cpu, 0) / count;
  return { mean, p99: cpus[Math.min(count - 1, Math.ceil(count * 0.99) - 1)], max: cpus[count - 1] };
}
