import { describe, expect, it } from 'vitest';
import { RandomStream } from '../engine/index.ts';
import type { BrokerSpec } from '../scenario/scenario.ts';
import { BrokerTable } from './broker.ts';
import { fronting, MS, S } from './small-world.fixture.ts';

const FREE_CPU: BrokerSpec['cpu'] = {
  baseFraction: 0,
  perRequestNs: 0,
  perRequestPerKiloRequestNs: 0,
  perByteNs: 0,
  perReplicaByteNs: 0,
  perFetchNs: 0,
  perFetchByteNs: 0,
};

type Changes = Partial<Omit<BrokerSpec, 'cpu'>> & { readonly cpu?: Partial<BrokerSpec['cpu']> };

/** One core, as many threads as it takes, no cost but those named. */
function broker(changes: Changes = {}): BrokerSpec {
  return {
    ...fronting.broker,
    cores: 1,
    ioThreads: 64,
    networkBytesPerSecond: Infinity,
    diskBytesPerSecond: Infinity,
    diskSeekNs: 0,
    ...changes,
    cpu: { ...FREE_CPU, ...changes.cpu },
  };
}

const tableOf = (changes: Changes = {}): BrokerTable => new BrokerTable([broker(changes)]);

/** What a row of requests came to: share of the cores, mean latency and how many had to wait. */
function load(spec: Changes, arrivals: readonly number[]) {
  const table = tableOf(spec);
  const latencies = arrivals.map((ns) => table.produce(0, 100, ns) - ns);
  const least = latencies.reduce((a, b) => Math.min(a, b));
  return {
    utilisation: table.busyCpuNs(0) / (arrivals[arrivals.length - 1] - arrivals[0]) / broker(spec).cores,
    latencyNs: latencies.reduce((sum, ns) => sum + ns, 0) / latencies.length,
    waited: latencies.filter((ns) => ns > least).length,
  };
}

/** Arrival times of a Poisson process, integer ns. */
function poisson(n: number, meanGapNs: number): number[] {
  const random = new RandomStream(1, 'arrivals');
  let atNs = 0;
  return Array.from({ length: n }, () => {
    atNs += random.exponential(meanGapNs);
    return Math.floor(atNs);
  });
}

describe('a request', () => {
  it('takes its time on a core, and longer for each byte', () => {
    const table = tableOf({ cpu: { perRequestNs: 1_000, perByteNs: 3 } });
    expect(table.produce(0, 100, 5_000)).toBe(5_000 + 1_300);
    expect(table.busyCpuNs(0)).toBe(1_300);
    expect(table.requests(0)).toBe(1);
  });

  it('waits for the one before it when there is one core, and not when there are two', () => {
    const leave = (cores: number) => {
      const table = tableOf({ cores, cpu: { perRequestNs: 1_000 } });
      return [0, 0, 500].map((ns) => table.produce(0, 100, ns));
    };
    expect(leave(1)).toEqual([1_000, 2_000, 3_000]);
    expect(leave(2)).toEqual([1_000, 1_000, 2_000]);
  });

  it('waits for an I/O thread while those wait for the disk, however idle the cores are', () => {
    const leave = (ioThreads: number) => {
      const table = tableOf({
        cores: 8,
        ioThreads,
        diskSeekNs: 4 * MS,
        cpu: { perFetchNs: 1_000, perRequestNs: 1_000 },
      });
      expect(table.fetch(0, 100, 100, 0)).toBe(4 * MS + 1_000);
      return table.produce(0, 100, 0);
    };
    expect(leave(2)).toBe(1_000);
    expect(leave(1)).toBe(4 * MS + 2_000);
  });

  it('is computed more slowly where something else has its share of the machine, which is not counted as its work', () => {
    const table = tableOf({ cpu: { perRequestNs: 1_000, baseFraction: 0.5 } });
    expect(table.produce(0, 100, 0)).toBe(2_000);
    expect(table.busyCpuNs(0)).toBe(1_000);
  });

  it('comes in through the card at the card’s speed, after those before it', () => {
    const table = tableOf({ networkBytesPerSecond: 1e9 });
    expect([table.produce(0, 5_000, 0), table.produce(0, 5_000, 0)]).toEqual([5_000, 10_000]);
    expect(table.netInBytes(0)).toBe(10_000);
  });

  it('is told apart when the request queue in front of the threads is full', () => {
    const full = (requestQueueMax: number) => {
      const table = tableOf({ requestQueueMax, ioThreads: 1, cpu: { perRequestNs: 1_000 } });
      for (let i = 0; i < 10; i++) table.produce(0, 100, 0);
      return table.queueFull(0);
    };
    expect(full(100)).toBe(0);
    expect(full(4)).toBe(5);
  });
});

describe('the service time alone', () => {
  it('moves utilisation, latency and queueing, all three', () => {
    const arrivals = poisson(20_000, 10_000);
    const light = load({ cpu: { perRequestNs: 3_000 } }, arrivals);
    const heavy = load({ cpu: { perRequestNs: 8_000 } }, arrivals);
    expect(heavy.utilisation / light.utilisation).toBeCloseTo(8 / 3, 6);
    expect(heavy.latencyNs / 8_000).toBeGreaterThan(2 * (light.latencyNs / 3_000));
    expect(heavy.waited).toBeGreaterThan(2 * light.waited);
  });

  it('and Poisson arrivals at one core give the waiting time of an M/D/1 queue', () => {
    for (const utilisation of [0.3, 0.6, 0.8]) {
      const serviceNs = 1_000_000 * utilisation;
      const { latencyNs } = load({ cpu: { perRequestNs: serviceNs } }, poisson(100_000, 1_000_000));
      // Pollaczek and Khinchine: ρ·s ÷ 2(1 − ρ).
      const waitNs = (utilisation * serviceNs) / (2 * (1 - utilisation));
      expect((latencyNs - serviceNs) / waitNs).toBeGreaterThan(0.93);
      expect((latencyNs - serviceNs) / waitNs).toBeLessThan(1.07);
    }
  });

  it('and a few arrivals more than the core can take make a queue that only grows', () => {
    const arrivals = Array.from({ length: 1_000 }, (_, i) => i * 1_000);
    const table = tableOf({ cpu: { perRequestNs: 1_010 } });
    const last = arrivals.map((ns) => table.produce(0, 100, ns) - ns).pop();
    expect(last).toBe(1_010 + 999 * 10);
  });
});

describe('the convex term', () => {
  /** CPU a request once the rate is known, ns. */
  const cpuAt = (requestsPerSecond: number, perKilo: number) => {
    const table = tableOf({ cpu: { perRequestNs: 100_000, perRequestPerKiloRequestNs: perKilo } });
    const gapNs = S / requestsPerSecond;
    let nowNs = 0;
    const play = (n: number) => {
      const before = table.busyCpuNs(0);
      for (let i = 0; i < n; i++) {
        table.produce(0, 100, nowNs);
        nowNs += gapNs;
      }
      return (table.busyCpuNs(0) - before) / n;
    };
    play(requestsPerSecond);
    return play(requestsPerSecond);
  };

  it('makes each request dearer by so much for each 1,000 a second', () => {
    expect(cpuAt(1_000, 50_000)).toBeCloseTo(150_000, -3);
    expect(cpuAt(2_000, 50_000)).toBeCloseTo(200_000, -3);
  });

  it('is nothing without its constant: a request costs the same at any rate', () => {
    expect(cpuAt(500, 0)).toBe(100_000);
    expect(cpuAt(4_000, 0)).toBe(100_000);
  });

  it('forgets a rush that is over', () => {
    const table = tableOf({ cpu: { perRequestPerKiloRequestNs: 50_000 } });
    for (let i = 0; i < 2_000; i++) table.produce(0, 100, i * MS);
    const rush = table.busyCpuNs(0);
    table.produce(0, 100, 1_000 * S);
    expect(rush).toBeGreaterThan(1_500 * 50_000);
    expect(table.busyCpuNs(0) - rush).toBeLessThan(500);
  });
});

describe('a fetch', () => {
  const disk = { diskBytesPerSecond: 1e9, diskSeekNs: 5 * MS } as const;

  it('of what is in the page cache touches no disk', () => {
    const table = tableOf({ ...disk, cpu: { perFetchNs: 1_000, perFetchByteNs: 2 } });
    expect(table.fetch(0, 100, 0, 0)).toBe(1_200);
    expect(table.diskBytes(0)).toBe(0);
    expect(table.netOutBytes(0)).toBe(100);
  });

  it('of what has left it pays a seek and the bytes, behind the reads before it', () => {
    const table = tableOf(disk);
    expect(table.fetch(0, 1_000_000, 1_000_000, 0)).toBe(6 * MS);
    expect(table.fetch(0, 1_000_000, 1_000_000, 0)).toBe(12 * MS);
    expect(table.diskBytes(0)).toBe(2_000_000);
  });

  it('from disk doesn’t hold up one that is answered from memory', () => {
    const table = tableOf({ ...disk, networkBytesPerSecond: 1e9 });
    table.fetch(0, 1_000, 1_000_000, 0);
    expect(table.fetch(0, 1_000, 0, 0)).toBe(2_000);
  });

  it('shares the card with other answers', () => {
    const table = tableOf({ networkBytesPerSecond: 1e9 });
    table.fetch(0, 9_000, 0, 0);
    expect(table.fetch(0, 1_000, 0, 0)).toBe(10_000);
  });
});

describe('writing', () => {
  it('is behind the answer, until more than ten seconds of it have piled up', () => {
    const table = tableOf({ diskBytesPerSecond: 1e6 });
    expect(table.produce(0, 10e6, 0)).toBe(0);
    expect(table.produce(0, 1e6, 0)).toBe(0);
    expect(table.produce(0, 1e6, 0)).toBe(S);
    expect(table.diskBytes(0)).toBe(12e6);
  });

  it('stands in the way of cold reads', () => {
    const table = tableOf({ diskBytesPerSecond: 1e6 });
    table.produce(0, 2e6, 0);
    expect(table.fetch(0, 1e6, 1e6, 0)).toBe(3 * S);
  });
});

describe('a copy', () => {
  it('takes the leader’s card, and the follower’s card, disk and cores', () => {
    const spec = broker({ networkBytesPerSecond: 1e9, diskBytesPerSecond: 1e9, cpu: { perReplicaByteNs: 2 } });
    const table = new BrokerTable([spec, spec]);
    table.replicate(0, 1, 1_000, 0);
    expect([table.netOutBytes(0), table.netInBytes(0), table.diskBytes(0), table.busyCpuNs(0)]).toEqual([
      1_000, 0, 0, 0,
    ]);
    expect([table.netOutBytes(1), table.netInBytes(1), table.diskBytes(1), table.busyCpuNs(1)]).toEqual([
      0, 1_000, 1_000, 2_000,
    ]);
    expect(table.fetch(0, 500, 0, 0)).toBe(1_500);
  });

  it('delays the requests of the follower by its work', () => {
    const leave = (copied: number) => {
      const spec = broker({ cpu: { perReplicaByteNs: 2, perRequestNs: 1_000 } });
      const table = new BrokerTable([spec, spec]);
      if (copied > 0) table.replicate(0, 1, copied, 0);
      return table.produce(1, 100, 0);
    };
    expect(leave(0)).toBe(1_000);
    expect(leave(5_000)).toBe(11_000);
  });
});

describe('a broker that starts again', () => {
  it('has empty queues, and its counts go on', () => {
    const table = tableOf({ networkBytesPerSecond: 1e6, cpu: { perRequestNs: S } });
    for (let i = 0; i < 5; i++) table.produce(0, 1_000, 0);
    table.reset(0, 10 * MS);
    expect(table.produce(0, 1_000, 10 * MS)).toBe(10 * MS + MS + S);
    expect(table.requests(0)).toBe(6);
    expect(table.busyCpuNs(0)).toBe(6 * S);
  });

  it('leaves its neighbours alone', () => {
    const spec = broker({ cpu: { perRequestNs: 1_000 } });
    const table = new BrokerTable([spec, spec, spec]);
    for (const each of [0, 1, 2]) table.produce(each, 100, 0);
    table.reset(1, 0);
    expect([0, 1, 2].map((each) => table.produce(each, 100, 0))).toEqual([2_000, 1_000, 2_000]);
  });
});
