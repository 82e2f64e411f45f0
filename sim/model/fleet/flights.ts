import type { WriteResult } from '../../../src/router/policy.ts';
import { invariant } from '../../engine/invariant.ts';
import type { ContainerRun } from './container-run.ts';

const NONE = -1;

/** Ranges of a write that its container gave up while it was on its way: consumer, from, to in turn. */
type LateRanges = readonly number[];

/**
 * Writes on their way to a sink. They outlive the containers that sent them: what is on its way may land. Numbers are
 * used again once the answer has come; one that never comes keeps its number, so that it cannot be taken for another.
 */
export class Flights {
  private readonly runs: (ContainerRun | null)[] = [];
  private readonly lateRanges: (LateRanges | null)[] = [];
  private readonly results: WriteResult[] = [];
  private writes = new Int32Array(1024);
  private members = new Int32Array(1024);
  private epochs = new Int32Array(1024);
  private next = new Int32Array(1024);
  private partitions = new Int32Array(1024);
  private landsNs = new Float64Array(1024);
  private visiblesNs = new Float64Array(1024);
  private free = NONE;
  /** Those that whoever has the partition now does not know of: few, and none on a good day. */
  private readonly strays = new Set<number>();
  /** Flights whose answer has not come. */
  count = 0;

  take(run: ContainerRun, write: number, member: number): number {
    let flight = this.free;
    if (flight === NONE) {
      flight = this.runs.length;
      if (flight === this.writes.length) this.grow();
    } else this.free = this.next[flight];
    this.runs[flight] = run;
    this.lateRanges[flight] = null;
    this.writes[flight] = write;
    this.members[flight] = member;
    this.count++;
    return flight;
  }

  release(flight: number): void {
    invariant(this.runs[flight] !== null, 'a flight ends once');
    this.runs[flight] = null;
    this.lateRanges[flight] = null;
    this.strays.delete(flight);
    this.next[flight] = this.free;
    this.free = flight;
    this.count--;
  }

  /** What will become of it, unless the sink stops before it lands. */
  settle(flight: number, result: WriteResult, epoch: number, landNs: number, visibleNs: number): void {
    this.results[flight] = result;
    this.epochs[flight] = epoch;
    this.landsNs[flight] = landNs;
    this.visiblesNs[flight] = visibleNs;
  }

  giveUp(flight: number, ranges: LateRanges): void {
    this.lateRanges[flight] = ranges;
    this.strays.add(flight);
  }

  /** The container has died, or given partitions up: its writes may land all the same. Looks at all flights, as that is rare. */
  stray(run: ContainerRun): void {
    this.runs.forEach((each, flight) => {
      if (each === run) this.strays.add(flight);
    });
  }

  /** Lowest offset of the consumer's partition that a stray may bring; Infinity for none. */
  strayFrom(consumer: number): number {
    let from = Number.POSITIVE_INFINITY;
    for (const flight of this.strays) {
      const late = this.lateRanges[flight];
      if (late !== null) {
        for (let i = 0; i < late.length; i += 3) if (late[i] === consumer) from = Math.min(from, late[i + 1]);
        continue;
      }
      const run = this.run(flight);
      const { core } = run;
      for (let r = core.firstRange(this.writes[flight]); r >= 0; r = core.nextRange(r)) {
        if (run.consumer(core.rangeSlot(r)) === consumer) from = Math.min(from, core.rangeFrom(r));
      }
    }
    return from;
  }

  run(flight: number): ContainerRun {
    const run = this.runs[flight];
    invariant(run !== null, 'an answer belongs to a flight');
    return run;
  }
  late(flight: number): LateRanges | null {
    return this.lateRanges[flight];
  }
  write(flight: number): number {
    return this.writes[flight];
  }
  member(flight: number): number {
    return this.members[flight];
  }
  result(flight: number): WriteResult {
    return this.results[flight];
  }
  epoch(flight: number): number {
    return this.epochs[flight];
  }
  landNs(flight: number): number {
    return this.landsNs[flight];
  }
  visibleNs(flight: number): number {
    return this.visiblesNs[flight];
  }
  /** Where a write to consumer Kafka goes. */
  partition(flight: number): number {
    return this.partitions[flight];
  }
  setPartition(flight: number, partition: number): void {
    this.partitions[flight] = partition;
  }

  private grow(): void {
    const wider = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.writes = wider(this.writes);
    this.members = wider(this.members);
    this.epochs = wider(this.epochs);
    this.next = wider(this.next);
    this.partitions = wider(this.partitions);
    const lands = new Float64Array(this.landsNs.length * 2);
    lands.set(this.landsNs);
    this.landsNs = lands;
    const visibles = new Float64Array(this.visiblesNs.length * 2);
    visibles.set(this.visiblesNs);
    this.visiblesNs = visibles;
  }
}
