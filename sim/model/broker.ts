/**
 * Brokers as servers: network card, I/O threads, cores, disk. Each is a first-in first-out server kept by the times at
 * which it is free again, so a request costs one event, not one for each step.
 *
 * A request reads in through the network card, waits for an I/O thread and a core, computes, waits for the disk if it
 * must, and leaves through the card. Its CPU time is the calibrated law of the scenario (`cpu`): so much for each
 * request, more when requests come faster (the convex term, an empirical constant), so much for each byte. Utilisation,
 * queueing and latency all follow from these service times and from nothing else.
 */
import { invariant } from '../engine/index.ts';
import type { BrokerSpec } from '../scenario/scenario.ts';

const NET_IN_FREE = 0;
const NET_OUT_FREE = 1;
const DISK_FREE = 2;
const BUSY_CPU = 3;
/** CPU of replication, not yet laid on a core. */
const BACKGROUND = 4;
const WINDOW_START = 5;
const WINDOW_COUNT = 6;
/** Requests a second in the last full window. */
const RATE = 7;
const REQUESTS = 8;
const NET_IN_BYTES = 9;
const NET_OUT_BYTES = 10;
const DISK_BYTES = 11;
const QUEUE_FULL = 12;
const LAST = 13;
const SERVERS = 16;

/** Over which the request rate of the convex term is taken: long enough to be steady at 100 requests/s. */
const WINDOW_NS = 250_000_000;
/**
 * Dirty pages the kernel lets a broker run ahead of its disk, ns of disk time: beyond it appends wait. A guess of the
 * order of Linux's dirty_ratio on such machines (20 % of 30 GB at 300 MB/s would be 20 s).
 */
const DIRTY_MAX_NS = 10_000_000_000;

export class BrokerTable {
  /** As they are now, and as they should be. */
  readonly #specs: BrokerSpec[];
  readonly #nominal: readonly BrokerSpec[];
  readonly #row: Int32Array;
  readonly #table: Float64Array;

  /** `specs` by broker. */
  constructor(specs: readonly BrokerSpec[]) {
    this.#specs = [...specs];
    this.#nominal = specs;
    this.#row = new Int32Array(specs.length);
    let size = 0;
    specs.forEach((spec, broker) => {
      this.#row[broker] = size;
      // Rows begin on a cache line (8 doubles).
      size += Math.ceil((SERVERS + spec.cores + spec.ioThreads) / 8) * 8;
    });
    this.#table = new Float64Array(size);
  }

  /**
   * A produce request arrives: `bytes` come in, are appended and written behind. Returns when it is appended and its
   * answer leaves.
   */
  produce(broker: number, bytes: number, nowNs: number): number {
    const t = this.#table;
    const row = this.#row[broker];
    const spec = this.#specs[broker];
    const readNs = this.#transfer(row + NET_IN_FREE, bytes, spec.networkBytesPerSecond, nowNs);
    t[row + NET_IN_BYTES] += bytes;
    t[row + REQUESTS]++;
    const cpu = spec.cpu;
    const cpuNs =
      cpu.perRequestNs + cpu.perRequestPerKiloRequestNs * (this.#rate(row, nowNs) / 1000) + cpu.perByteNs * bytes;
    const diskNs = this.#writeBehind(row, spec, bytes, nowNs);
    return this.#compute(row, spec, readNs, cpuNs, diskNs);
  }

  /** A fetch is answered with `bytes`, of which `coldBytes` have left the page cache. Returns when the answer leaves. */
  fetch(broker: number, bytes: number, coldBytes: number, nowNs: number): number {
    const t = this.#table;
    const row = this.#row[broker];
    const spec = this.#specs[broker];
    t[row + REQUESTS]++;
    let diskNs = 0;
    if (coldBytes > 0) {
      const free = Math.max(t[row + DISK_FREE], nowNs);
      const doneNs = free + spec.diskSeekNs + (coldBytes * 1e9) / spec.diskBytesPerSecond;
      t[row + DISK_FREE] = doneNs;
      t[row + DISK_BYTES] += coldBytes;
      diskNs = doneNs - nowNs;
    }
    const doneNs = this.#compute(row, spec, nowNs, spec.cpu.perFetchNs + spec.cpu.perFetchByteNs * bytes, diskNs);
    t[row + NET_OUT_BYTES] += bytes;
    const sentNs = this.#transfer(row + NET_OUT_FREE, bytes, spec.networkBytesPerSecond, nowNs);
    // The card's time is taken from now on, or one slow read would hold up answers that leave before it.
    return Math.ceil(Math.max(sentNs, doneNs + (bytes * 1e9) / spec.networkBytesPerSecond));
  }

  /**
   * What a copy costs: the leader sends it, the follower receives, appends and writes it behind. No event of its own:
   * the capacity is taken when the append is entered.
   */
  replicate(leader: number, follower: number, bytes: number, nowNs: number): void {
    const t = this.#table;
    const from = this.#row[leader];
    this.#transfer(from + NET_OUT_FREE, bytes, this.#specs[leader].networkBytesPerSecond, nowNs);
    t[from + NET_OUT_BYTES] += bytes;
    this.receive(follower, bytes, nowNs);
  }

  /** The follower's part of a copy. */
  receive(follower: number, bytes: number, nowNs: number): void {
    const t = this.#table;
    const row = this.#row[follower];
    const spec = this.#specs[follower];
    this.#transfer(row + NET_IN_FREE, bytes, spec.networkBytesPerSecond, nowNs);
    t[row + NET_IN_BYTES] += bytes;
    t[row + BACKGROUND] += spec.cpu.perReplicaByteNs * bytes;
    this.#writeBehind(row, spec, bytes, nowNs);
  }

  /** Reads the brokers' rows, to have them in cache; of those that only copy, the part which that touches. */
  foresee(brokers: Int32Array, count: number, copying: boolean): number {
    const t = this.#table;
    const rows = this.#row;
    let read = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[brokers[i]];
      read += t[row] + t[row + 8];
      if (!copying) read += t[row + 16] + t[row + 24];
    }
    return read;
  }

  /**
   * How long a produce request of so many bytes would take now, ns: it waits for card, thread, core and disk as any would.
   * Asked by health checks; changes nothing.
   */
  probeNs(broker: number, bytes: number, nowNs: number): number {
    const t = this.#table;
    const row = this.#row[broker];
    const { cpu, cores, ioThreads, networkBytesPerSecond } = this.#specs[broker];
    const readNs = Math.max(t[row + NET_IN_FREE], nowNs) + (bytes * 1e9) / networkBytesPerSecond;
    const firstThread = row + SERVERS + cores;
    let core = Infinity;
    let thread = Infinity;
    for (let i = row + SERVERS; i < firstThread; i++) if (t[i] < core) core = t[i];
    for (let i = firstThread; i < firstThread + ioThreads; i++) if (t[i] < thread) thread = t[i];
    const workNs = (cpu.perRequestNs + cpu.perByteNs * bytes) / (1 - cpu.baseFraction);
    const diskNs = Math.max(0, t[row + DISK_FREE] - nowNs - DIRTY_MAX_NS);
    return Math.max(readNs, core, thread) + workNs + diskNs - nowNs;
  }

  /** From now on the broker is so many times slower than it should be, at what waits for a server too. */
  slow(broker: number, nowNs: number, { cpu, disk, network }: { cpu: number; disk: number; network: number }): void {
    const spec = this.#nominal[broker];
    const before = this.#specs[broker];
    const row = this.#row[broker];
    this.#stretch(row + NET_IN_FREE, nowNs, (network * before.networkBytesPerSecond) / spec.networkBytesPerSecond);
    this.#stretch(row + NET_OUT_FREE, nowNs, (network * before.networkBytesPerSecond) / spec.networkBytesPerSecond);
    this.#stretch(row + DISK_FREE, nowNs, (disk * before.diskBytesPerSecond) / spec.diskBytesPerSecond);
    const cores = (cpu * spec.cpu.perRequestNs) / before.cpu.perRequestNs;
    for (let core = 0; core < spec.cores; core++) this.#stretch(row + SERVERS + core, nowNs, cores);
    this.#specs[broker] = {
      ...spec,
      networkBytesPerSecond: spec.networkBytesPerSecond / network,
      diskBytesPerSecond: spec.diskBytesPerSecond / disk,
      diskSeekNs: spec.diskSeekNs * disk,
      cpu: {
        ...spec.cpu,
        perRequestNs: spec.cpu.perRequestNs * cpu,
        perRequestPerKiloRequestNs: spec.cpu.perRequestPerKiloRequestNs * cpu,
        perByteNs: spec.cpu.perByteNs * cpu,
        perReplicaByteNs: spec.cpu.perReplicaByteNs * cpu,
        perFetchNs: spec.cpu.perFetchNs * cpu,
        perFetchByteNs: spec.cpu.perFetchByteNs * cpu,
      },
    };
  }

  /** The process is gone: queues are empty when it is back. */
  reset(broker: number, nowNs: number): void {
    const row = this.#row[broker];
    const spec = this.#specs[broker];
    for (let i = 0; i < 3; i++) this.#table[row + i] = nowNs;
    this.#table[row + BACKGROUND] = 0;
    this.#table.fill(nowNs, row + SERVERS, row + SERVERS + spec.cores + spec.ioThreads);
  }

  requests(broker: number): number {
    return this.#table[this.#row[broker] + REQUESTS];
  }

  /** Busy core-ns since the start, background included. */
  busyCpuNs(broker: number): number {
    const row = this.#row[broker];
    return this.#table[row + BUSY_CPU] + this.#table[row + BACKGROUND];
  }

  netInBytes(broker: number): number {
    return this.#table[this.#row[broker] + NET_IN_BYTES];
  }

  netOutBytes(broker: number): number {
    return this.#table[this.#row[broker] + NET_OUT_BYTES];
  }

  diskBytes(broker: number): number {
    return this.#table[this.#row[broker] + DISK_BYTES];
  }

  /** Requests that found the request queue full and had to wait in the network. */
  queueFull(broker: number): number {
    return this.#table[this.#row[broker] + QUEUE_FULL];
  }

  /** A server that is busy until some time needs so many times longer for what is left. */
  #stretch(freeAt: number, nowNs: number, factor: number): void {
    const leftNs = this.#table[freeAt] - nowNs;
    if (leftNs > 0 && Number.isFinite(factor)) this.#table[freeAt] = nowNs + leftNs * factor;
  }

  /** Serialisation on one direction of the card. Returns when the last byte is through. */
  #transfer(freeAt: number, bytes: number, bytesPerSecond: number, nowNs: number): number {
    const t = this.#table;
    const doneNs = Math.max(t[freeAt], nowNs) + (bytes * 1e9) / bytesPerSecond;
    t[freeAt] = doneNs;
    return doneNs;
  }

  /** Writing behind costs an append nothing until dirty pages pile up. Returns the ns that it has to wait. */
  #writeBehind(row: number, spec: BrokerSpec, bytes: number, nowNs: number): number {
    const t = this.#table;
    const free = Math.max(t[row + DISK_FREE], nowNs);
    t[row + DISK_FREE] = free + (bytes * 1e9) / spec.diskBytesPerSecond;
    t[row + DISK_BYTES] += bytes;
    return free - nowNs > DIRTY_MAX_NS ? free - nowNs - DIRTY_MAX_NS : 0;
  }

  /** Produce requests a second over the last window. */
  #rate(row: number, nowNs: number): number {
    const t = this.#table;
    const elapsed = nowNs - t[row + WINDOW_START];
    if (elapsed >= WINDOW_NS) {
      t[row + RATE] = (t[row + WINDOW_COUNT] * 1e9) / elapsed;
      t[row + WINDOW_START] = nowNs;
      t[row + WINDOW_COUNT] = 0;
    }
    t[row + WINDOW_COUNT]++;
    return t[row + RATE];
  }

  /** An I/O thread takes the request, holds it while a core computes and the disk is waited for. Integer ns. */
  #compute(row: number, spec: BrokerSpec, readyNs: number, cpuNs: number, diskNs: number): number {
    const t = this.#table;
    // What the machine does besides takes its share of every core.
    const workNs = cpuNs / (1 - spec.cpu.baseFraction);
    const firstCore = row + SERVERS;
    const firstThread = firstCore + spec.cores;
    const end = firstThread + spec.ioThreads;
    let core = firstCore;
    for (let i = firstCore + 1; i < firstThread; i++) if (t[i] < t[core]) core = i;
    if (t[row + BACKGROUND] > 0) {
      // Replication's work since the last request runs on whichever core was free, from then on.
      const from = Math.max(t[core], t[row + LAST]);
      t[core] = from + t[row + BACKGROUND] / (1 - spec.cpu.baseFraction);
      t[row + BUSY_CPU] += t[row + BACKGROUND];
      t[row + BACKGROUND] = 0;
      for (let i = firstCore; i < firstThread; i++) if (t[i] < t[core]) core = i;
    }
    t[row + LAST] = readyNs;
    let thread = firstThread;
    for (let i = firstThread + 1; i < end; i++) if (t[i] < t[thread]) thread = i;
    let startNs = readyNs;
    if (t[thread] > startNs) startNs = t[thread];
    // The queue in front of the threads holds so many; what it can't hold waits in the sockets, in the same order.
    if ((startNs - readyNs) * spec.cores > spec.requestQueueMax * workNs) t[row + QUEUE_FULL]++;
    if (t[core] > startNs) startNs = t[core];
    t[core] = startNs + workNs;
    t[thread] = startNs + workNs + diskNs;
    t[row + BUSY_CPU] += cpuNs;
    if (t[thread] < readyNs) invariant(false, 'a request leaves after it came');
    return Math.ceil(t[thread]);
  }
}
