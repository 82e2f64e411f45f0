import type { Engine } from '../../engine/engine.ts';
import { hash32, hashString } from '../../engine/hash.ts';
import { invariant } from '../../engine/invariant.ts';
import { FETCH_DISCONNECTED, FETCH_OK, FETCH_OUT_OF_RANGE, type FetchDoor, type FetchListener } from '../doors.ts';
import type { ContainerRun } from './container-run.ts';
import type { FleetTopology } from './job.ts';

/** Takes fetches to brokers and answers back. A consumer has one fetch on its way at most, across relaunches too. */
export class FetchLane implements FetchListener {
  private readonly engine: Engine;
  private readonly topology: FleetTopology;
  private readonly door: FetchDoor;
  private readonly identity: number;
  private readonly arriveKind: number;
  private readonly answerKind: number;
  private readonly partitions: Int32Array;
  private readonly asking: (ContainerRun | null)[];
  /** A relaunched container that has to wait until the fetch of the one before has come back. */
  private readonly waiting: (ContainerRun | null)[];
  private readonly ordinals: Uint32Array;
  private readonly froms: Float64Array;
  private readonly tos: Float64Array;
  private readonly bytes: Float64Array;
  private readonly statuses: Uint8Array;

  constructor(options: {
    readonly engine: Engine;
    readonly topology: FleetTopology;
    readonly door: FetchDoor;
    readonly seed: number;
    readonly consumers: number;
  }) {
    const { engine, consumers } = options;
    this.engine = engine;
    this.topology = options.topology;
    this.door = options.door;
    this.identity = hash32(options.seed, hashString('router fetch'), 0);
    this.arriveKind = engine.kind('router fetch arrives', (consumer) => this.arrive(consumer));
    this.answerKind = engine.kind('router fetch answered', (consumer) => this.answer(consumer));
    this.partitions = new Int32Array(consumers);
    this.asking = Array(consumers).fill(null);
    this.waiting = Array(consumers).fill(null);
    this.ordinals = new Uint32Array(consumers);
    this.froms = new Float64Array(consumers);
    this.tos = new Float64Array(consumers);
    this.bytes = new Float64Array(consumers);
    this.statuses = new Uint8Array(consumers);
  }

  setPartition(consumer: number, partition: number): void {
    this.partitions[consumer] = partition;
  }

  ask(run: ContainerRun, consumer: number, fromOffset: number): void {
    if (this.asking[consumer] !== null) {
      invariant(this.asking[consumer] !== run, 'a container asks once for each partition');
      this.waiting[consumer] = run;
      return;
    }
    this.asking[consumer] = run;
    this.froms[consumer] = fromOffset;
    const brokerZone = this.zoneOfLeader(consumer);
    this.engine.schedule(
      this.engine.nowNs + this.tripNs(run.zone, brokerZone, consumer),
      this.arriveKind,
      consumer,
      this.ordinals[consumer],
      0,
    );
  }

  onFetched(consumer: number, status: number, from: number, to: number, bytes: number, departNs: number): void {
    const run = this.asking[consumer];
    invariant(run !== null, 'an answer belongs to a fetch');
    invariant(departNs >= this.engine.nowNs && from === this.froms[consumer], 'an answer fits its fetch');
    this.statuses[consumer] = status;
    this.tos[consumer] = to;
    this.bytes[consumer] = bytes;
    const atNs = departNs + this.tripNs(this.zoneOfLeader(consumer), run.zone, consumer);
    this.engine.schedule(atNs, this.answerKind, consumer, this.ordinals[consumer], 0);
  }

  private arrive(consumer: number): void {
    const { spec } = this.asking[consumer]!.job;
    this.door.fetch(
      consumer,
      this.partitions[consumer],
      this.froms[consumer],
      spec.fetchBytesMin,
      spec.fetchBytesMax,
      spec.fetchWaitNs,
    );
  }

  private answer(consumer: number): void {
    const run = this.asking[consumer]!;
    const { nowNs } = this.engine;
    this.asking[consumer] = null;
    if (!run.alive) {
      const next = this.waiting[consumer];
      this.waiting[consumer] = null;
      if (next?.alive) this.ask(next, consumer, next.core.position(next.slotOf(consumer)));
      return;
    }
    const slot = run.slotOf(consumer);
    const status = this.statuses[consumer];
    if (status === FETCH_OK) run.fetched(slot, this.froms[consumer], this.tos[consumer], this.bytes[consumer], nowNs);
    else if (status === FETCH_OUT_OF_RANGE) run.outOfRange(slot, this.tos[consumer], nowNs);
    else {
      invariant(status === FETCH_DISCONNECTED, 'a fetch has a known status');
      run.fetchFailed(slot, nowNs);
    }
  }

  private zoneOfLeader(consumer: number): number {
    return this.topology.brokerZone[this.topology.partitionLeader[this.partitions[consumer]]];
  }

  private tripNs(fromZone: number, toZone: number, consumer: number): number {
    return this.topology.tripNs(fromZone, toZone, (this.identity + consumer) | 0, this.ordinals[consumer]++);
  }
}
