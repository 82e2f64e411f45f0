/**
 * What happens to produce requests that are under way when their way or their broker fails, another broker leads, or
 * copies come and go: who hears of it when, what is waited for, and what is taken up again.
 */
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import type { Engine } from '../engine/index.ts';
import { CommitWaits } from './commit-waits.ts';
import type { Copies } from './copies.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';
import type { MovedBatches } from './moved-batches.ts';
import type { ProduceTrouble } from './produce-trouble.ts';
import type { ProduceWays } from './produce-ways.ts';
import type { ProducerBooks } from './producer-books.ts';
import type { Reachability } from './reachability.ts';
import type { RequestSlots } from './request-slots.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

const { PRODUCER_INTS, ZONE } = FLEET;
const { R_BROKER, R_HEAD, R_INTS, R_NEXT, R_ORDINAL, R_PRODUCER, R_SETTLED } = REQUEST;
const NONE = -1;

export interface ProduceFaultsOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly core: ProducerCore;
  readonly rows: FleetRows;
  readonly books: ProducerBooks;
  readonly producers: number;
  readonly slots: RequestSlots;
  readonly reach: Reachability;
  readonly lanes: ProduceWays;
  readonly ways: Ways;
  readonly copies: Copies;
  readonly trouble: ProduceTrouble;
  readonly moved: MovedBatches;
  /** The request reaches its broker, once more. */
  readonly arrive: (request: number) => void;
  /** The broker answers that all went well. */
  readonly answerAt: (request: number, producer: number, leavesNs: number) => void;
  readonly answerComes: (request: number, producer: number, atNs: number, outcome: Outcome) => void;
  readonly expectTimeout: (request: number, producer: number) => void;
  readonly look: (producer: number) => void;
}

export class ProduceFaults {
  readonly #from: ProduceFaultsOptions;
  #commits: CommitWaits | null = null;
  /** Requests that a hung broker has taken and not looked at, with their ordinals, in order. */
  readonly #held = new Map<number, number>();

  constructor(options: ProduceFaultsOptions) {
    this.#from = options;
  }

  /** To be called when all other kinds of events are known: what only happens in trouble comes after them. */
  prepare(): void {
    this.#commits = new CommitWaits(this.#from.engine, (request) => this.#lookForCommit(request));
  }

  /** True while the request is at its broker, and when it will be answered can't be told. */
  waits(request: number): boolean {
    if (this.#commits!.has(request) || this.#from.lanes.waits(request)) return true;
    return this.#held.size > 0 && this.#held.has(request);
  }

  /** The in-sync set is in trouble: looked for, from the time on, until it has the request. */
  waitForCommit(request: number, producer: number, lookNs: number): void {
    this.#from.slots.setAnswer(request, Infinity, OUTCOME_OK);
    this.#commits!.look(request, producer, lookNs);
    this.#from.expectTimeout(request, producer);
  }

  /** The broker hangs: the request stays in its queue. */
  hold(request: number, producer: number): void {
    this.#held.set(request, this.#from.core.requests.ints[request * R_INTS + R_ORDINAL]);
    this.#from.expectTimeout(request, producer);
  }

  /** Producers lose their way to the cluster: connections break, new ones are refused. */
  cutOff(cluster: number): void {
    const { reach, engine, topology } = this.#from;
    reach.cutOff(cluster, engine.nowNs);
    this.#from.copies.disturbed = true;
    this.#breakConnections((broker) => topology.brokerCluster[broker] === cluster, false);
  }

  reconnect(cluster: number): void {
    this.#from.reach.reconnect(cluster);
  }

  /** A broker has stopped (after `Copies.stop`): what it had not done is lost, answers that had left still come. */
  brokerStopped(broker: number): void {
    const { engine, topology, core, books, reach, moved } = this.#from;
    const { nowNs } = engine;
    reach.stopped(broker, nowNs);
    moved.undone(({ partition }) => topology.partitionLeader[partition] === broker);
    for (let batch = 0; batch < core.batches.used; batch++) {
      if (books.storedNs(batch) <= nowNs) continue;
      if (topology.partitionLeader[moved.storedPartition(batch)] === broker) moved.unstore(batch);
    }
    books.loseLeft(
      nowNs,
      (partition, leader) => (leader < 0 ? topology.partitionLeader[partition] : leader) === broker,
    );
    this.#breakConnections((each) => each === broker, true);
    this.#forgetSettled(broker);
    this.replicasChanged();
  }

  /** The broker takes up what it has in its queue, whoever still waits for it. */
  brokerResumed(broker: number): void {
    const { ints } = this.#from.core.requests;
    for (const [request, ordinal] of [...this.#held]) {
      if (ints[request * R_INTS + R_BROKER] !== broker) continue;
      this.#held.delete(request);
      if (ints[request * R_INTS + R_ORDINAL] === ordinal) this.#from.arrive(request);
    }
    this.replicasChanged();
  }

  /** Ways between places have broken or are open again: what was about to arrive here is lost, what was lost is sent again. */
  waysChanged(): void {
    const { core, engine, lanes, slots, ways, rows } = this.#from;
    const { nowNs } = engine;
    if (ways.troubled) {
      this.#visit((request, producer) => {
        if (core.acksOf(request) === 0 || lanes.waits(request)) return false;
        const answerNs = slots.answerNs(request);
        const outcome = slots.answer(request);
        if (answerNs === Infinity || answerNs <= nowNs || outcome === OUTCOME_UNREACHABLE) return false;
        const here = ways.applications(rows.ints[producer * PRODUCER_INTS + ZONE]);
        if (!ways.isCut(ways.broker(core.requests.ints[request * R_INTS + R_BROKER]), here)) return false;
        lanes.hold(request, producer, this.#leavesNs(request, producer), outcome);
        return true;
      });
    }
    lanes.changed();
    this.replicasChanged();
  }

  /** A partition's log has lost a tail: `leadersMoved` follows. */
  tailLost(partition: number): void {
    this.#from.trouble.tailLost(partition);
  }

  /** Other brokers lead the partitions now (after `Copies.lead`). */
  leadersMoved(partitions: readonly number[]): void {
    const undone = new Set<number>();
    this.#from.trouble.leadersMoved(partitions, (batch) => undone.add(batch));
    // Batches that a broker was at, and doesn't take any more as it doesn't lead their partitions.
    if (undone.size > 0) {
      this.#visit((request) => {
        let hit = false;
        if (this.#from.core.acksOf(request) === 0) return false;
        if (this.#from.slots.answerNs(request) <= this.#from.engine.nowNs) return false;
        this.#visitBatches(request, (batch) => {
          if (!undone.has(batch)) return;
          hit = true;
          // Its broker doesn't know that it is deposed, and goes on.
          const broker = this.#from.core.requests.ints[request * R_INTS + R_BROKER];
          if (!this.#from.copies.news.isZombie(broker, this.#from.moved.partitionAt(batch, broker))) {
            this.#from.trouble.depose(request, batch);
          } else if (this.#from.core.acksOf(request) === 1) this.#from.books.storeAside(batch);
        });
        return hit;
      });
    }
    this.replicasChanged();
  }

  /** Something has happened to replicas: what was foretold of commits need not come true. */
  replicasChanged(): void {
    const { core, engine, slots, trouble, lanes } = this.#from;
    const { nowNs } = engine;
    this.#visit((request, producer) => {
      if (!this.#commits!.has(request)) {
        if (core.acksOf(request) !== -1) return false;
        const lost = lanes.waits(request);
        const leavesNs = lost ? lanes.leftNs(request) : this.#leavesNs(request, producer);
        if (slots.answer(request) !== OUTCOME_OK || leavesNs <= nowNs) return false;
        if (!trouble.isUnsettled(request)) return false;
        lanes.forget(request);
      }
      this.waitForCommit(request, producer, nowNs);
      return true;
    });
    // Who has given a request up no longer asks, but its slot is held until it is answered.
    for (const request of this.#commits!.requests()) {
      const { ints } = core.requests;
      if (ints[request * R_INTS + R_SETTLED] === 1)
        this.#commits!.look(request, ints[request * R_INTS + R_PRODUCER], nowNs);
    }
  }

  #lookForCommit(request: number): void {
    const producer = this.#from.core.requests.ints[request * R_INTS + R_PRODUCER];
    const nextNs = this.#from.trouble.nextLookNs(request);
    if (nextNs >= 0) {
      this.#commits!.look(request, producer, nextNs);
      return;
    }
    this.#commits!.end(request);
    this.#from.answerAt(request, producer, this.#from.engine.nowNs);
  }

  /** Connections to some brokers break: clients hear of it after a trip, not knowing what became of their requests. */
  #breakConnections(broken: (broker: number) => boolean, answersLeft: boolean): void {
    const { core, engine, slots, topology, rows, answerComes, lanes } = this.#from;
    const { nowNs } = engine;
    this.#visit((request, producer) => {
      const broker = core.requests.ints[request * R_INTS + R_BROKER];
      if (!broken(broker) || slots.answer(request) !== OUTCOME_OK) return false;
      const zone = topology.brokerZone[broker];
      const baseNs = topology.network.baseNs(zone, rows.ints[producer * PRODUCER_INTS + ZONE]);
      const answerNs = slots.answerNs(request);
      if (!this.waits(request)) {
        // Not there yet: it finds nobody when it arrives. Answered: the answer may have left before the break.
        const leftNs = answerNs - baseNs - lanes.heldUpNs(request);
        if (answerNs === Infinity || answerNs <= nowNs || (answersLeft && leftNs <= nowNs)) return false;
      }
      this.#commits!.end(request);
      this.#held.delete(request);
      lanes.forget(request);
      if (!lanes.loses(request, producer, nowNs, OUTCOME_UNKNOWN)) {
        answerComes(request, producer, nowNs + baseNs, OUTCOME_UNKNOWN);
      }
      return true;
    });
  }

  /** Requests at a broker that stops, which their producers have given up: nobody needs their slots any more. */
  #forgetSettled(broker: number): void {
    const { core, engine, lanes } = this.#from;
    const { ints } = core.requests;
    for (const request of [...this.#commits!.requests(), ...this.#held.keys(), ...lanes.requests()]) {
      if (ints[request * R_INTS + R_BROKER] !== broker || ints[request * R_INTS + R_SETTLED] === 0) continue;
      this.#commits!.end(request);
      this.#held.delete(request);
      lanes.forget(request);
      core.onResult(request, OUTCOME_UNKNOWN, engine.nowNs);
    }
  }

  /** When the answer leaves the broker; −1 while that isn't known. */
  #leavesNs(request: number, producer: number): number {
    const { core, slots, topology, rows, lanes } = this.#from;
    const answerNs = slots.answerNs(request);
    if (answerNs === Infinity) return -1;
    const zone = topology.brokerZone[core.requests.ints[request * R_INTS + R_BROKER]];
    const draw = slots.backDraw(request);
    const backNs = topology.network.tripBy(zone, rows.ints[producer * PRODUCER_INTS + ZONE], draw);
    return answerNs - backNs - lanes.heldUpNs(request);
  }

  /** Every request that its producer waits for. Producers of which one was hit are watched from then on. */
  #visit(hits: (request: number, producer: number) => boolean): void {
    const { core, rows, producers, look } = this.#from;
    const { requests } = core;
    for (let producer = 0; producer < producers; producer++) {
      let hit = false;
      let request = core.requestHead(producer);
      for (; request !== NONE; request = requests.ints[request * R_INTS + R_NEXT]) {
        if (hits(request, producer)) hit = true;
      }
      if (!hit) continue;
      rows.watch(producer, true);
      look(producer);
    }
  }

  #visitBatches(request: number, each: (batch: number) => void): void {
    const { requests } = this.#from.core;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      each(requests.batchOf(entry));
    }
  }
}
