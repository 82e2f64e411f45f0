/**
 * A ZooKeeper ensemble: the sessions of the brokers of one or several clusters, and one queue for all that they ask.
 *
 * While most nodes live and agree on a leader it serves; else nothing happens: no session ends, none begins. A new leader
 * counts every session anew (AK ZooKeeper `SessionTrackerImpl`: sessions are touched when it takes over), so that being away
 * ends none by itself. But all clients come back at once, and whoever is not heard within its time-out is taken for dead.
 *
 * The queue is served in order, as the commit processor of 3.4 lets nothing pass a write that waits for its quorum. A session
 * is kept by pings, which wait like everything else: when more than a session's time lies in the queue, sessions end
 * although their brokers live. Each then registers anew, which is more work: see `roundNs`.
 */
import { invariant } from '../engine/invariant.ts';
import type { ZooKeeperSpec } from '../scenario/scenario.ts';

/** Znode writes and reads of a broker that ends and returns, for each replica that it hosts: out of the in-sync set and back. */
const WRITES_PER_REPLICA = 2;
const READS_PER_REPLICA = 2;
/** Writes of a registration: a session and an ephemeral node. */
const WRITES_PER_REGISTRATION = 2;

const ELECTED = 0;
const CHECK = 1;

/** What an ensemble may do to the world. Brokers go by their number over the whole world. */
export interface ZooKeeperDoors {
  /** Its clients, in the order in which they come back. */
  readonly brokers: readonly number[];
  readonly nowNs: () => number;
  replicasOf(broker: number): number;
  sessionTimeoutNs(broker: number): number;
  /** True while the broker has a session. */
  isHeard(broker: number): boolean;
  /** Calls `due` at the time. */
  wait(atNs: number, step: number): void;
  /** No leader: nothing is decided until `back`. */
  away(): void;
  back(): void;
  /** The broker's session has ended although it runs. */
  expire(broker: number): void;
  /** A broker that has no session may find a node now: it asks to be admitted, if it wants to be. */
  askAgain(broker: number): void;
}

interface Client {
  readonly broker: number;
  /** The node that it is connected to. */
  node: number;
  /** It has found none that it knows the way to. */
  lost: boolean;
  /** Addresses of the nodes as they were when its process began. */
  readonly addresses: Int32Array;
  /** When its turn to register comes; Infinity while it hasn't asked. */
  grantedNs: number;
  /** When its session ends, as far as the queue tells. */
  endsNs: number;
}

export class ZooKeeper {
  readonly spec: ZooKeeperSpec;
  /** False while there is no leader. */
  serving = true;
  readonly #doors: ZooKeeperDoors;
  readonly #clients: readonly Client[];
  readonly #byBroker: ReadonlyMap<number, Client>;
  readonly #up: boolean[];
  /** How often each node has got another address. */
  readonly #addresses: Int32Array;
  #leader = 0;
  #allDown = false;
  #electedNs = Infinity;
  #checkNs = Infinity;
  /** When all that has been asked is answered. */
  #freeNs = 0;

  constructor(spec: ZooKeeperSpec, doors: ZooKeeperDoors) {
    this.spec = spec;
    this.#doors = doors;
    this.#up = new Array<boolean>(spec.nodes).fill(true);
    this.#addresses = new Int32Array(spec.nodes);
    this.#clients = doors.brokers.map((broker, i) => ({
      broker,
      node: i % spec.nodes,
      lost: false,
      addresses: new Int32Array(spec.nodes),
      grantedNs: Infinity,
      endsNs: Infinity,
    }));
    this.#byBroker = new Map(this.#clients.map((client) => [client.broker, client]));
  }

  /** What the queue takes when all clients register anew. Sessions never settle once it is twice the session time-out. */
  get roundNs(): number {
    return this.#clients.reduce((sum, { broker }) => sum + this.#registrationNs(broker), 0);
  }

  killNode(node: number): void {
    this.#up[node] = false;
    if (!this.serving) {
      if (!this.#quorum) this.#electedNs = Infinity;
      return;
    }
    if (node === this.#leader || !this.#quorum) {
      this.#stopServing();
      return;
    }
    for (const client of this.#clients) if (client.node === node) this.#connect(client);
    this.#plan();
  }

  /** The node is back; replaced, it has an address that clients which run don't know. */
  startNode(node: number, replaced: boolean): void {
    this.#up[node] = true;
    if (replaced) this.#addresses[node]++;
    if (!this.serving) {
      if (this.#electedNs === Infinity) this.#elect();
      return;
    }
    for (const client of this.#clients) {
      if (!client.lost) continue;
      if (!this.#doors.isHeard(client.broker)) {
        this.#doors.askAgain(client.broker);
        continue;
      }
      const { endsNs } = client;
      client.endsNs = Infinity;
      this.#connect(client, endsNs);
    }
    this.#plan();
  }

  stop(): void {
    this.#allDown = true;
    this.#stopServing();
  }

  start(): void {
    this.#allDown = false;
    if (!this.serving) this.#elect();
  }

  /** The leader steps down. */
  elect(): void {
    this.#stopServing();
  }

  /** The broker's process begins: it learns the addresses as they are now. */
  restarted(broker: number): void {
    const client = this.#byBroker.get(broker)!;
    client.addresses.set(this.#addresses);
    client.endsNs = Infinity;
  }

  /** When the broker may register: now if nobody waits; Infinity if it has to ask again when the ensemble is back, or never. */
  admit(broker: number): number {
    const client = this.#byBroker.get(broker)!;
    const nowNs = this.#doors.nowNs();
    if (!this.serving) return Infinity;
    if (client.grantedNs <= nowNs) {
      client.grantedNs = Infinity;
      client.endsNs = this.#freeNs > nowNs + this.#timeoutNs(client) ? nowNs + this.#timeoutNs(client) : Infinity;
      this.#plan();
      return nowNs;
    }
    // Its turn is planned already.
    if (client.grantedNs < Infinity || !this.#reach(client)) return Infinity;
    const atNs = Math.max(nowNs, this.#freeNs);
    this.#freeNs = atNs + this.#registrationNs(broker);
    this.#delayPings();
    if (atNs > nowNs) client.grantedNs = atNs;
    else client.endsNs = Infinity;
    return atNs;
  }

  /** What was waited for has come. */
  due(step: number): void {
    const nowNs = this.#doors.nowNs();
    if (step === ELECTED) {
      if (nowNs === this.#electedNs) this.#begin();
      return;
    }
    if (nowNs !== this.#checkNs) return;
    this.#checkNs = Infinity;
    if (!this.serving) return;
    for (const client of this.#clients) {
      if (client.endsNs > nowNs) continue;
      client.endsNs = Infinity;
      if (this.#doors.isHeard(client.broker)) this.#doors.expire(client.broker);
    }
    this.#plan();
  }

  get #quorum(): boolean {
    return !this.#allDown && 2 * this.#up.filter((up) => up).length > this.spec.nodes;
  }

  #stopServing(): void {
    if (this.serving) {
      this.serving = false;
      for (const client of this.#clients) {
        client.grantedNs = Infinity;
        client.endsNs = Infinity;
      }
      this.#doors.away();
    }
    this.#elect();
  }

  #elect(): void {
    this.#electedNs = Infinity;
    if (!this.#quorum) return;
    this.#electedNs = this.#doors.nowNs() + this.spec.electionNs;
    this.#doors.wait(this.#electedNs, ELECTED);
  }

  /** A leader serves: every session counts anew from now, and all clients connect again. */
  #begin(): void {
    invariant(this.#quorum, 'a leader is elected by most nodes');
    const nowNs = this.#doors.nowNs();
    this.#electedNs = Infinity;
    this.serving = true;
    for (let i = 0; i < this.spec.nodes; i++) {
      this.#leader = (this.#leader + 1) % this.spec.nodes;
      if (this.#up[this.#leader]) break;
    }
    this.#freeNs = nowNs;
    this.#doors.back();
    for (const client of this.#clients) if (this.#doors.isHeard(client.broker)) this.#connect(client);
    this.#plan();
  }

  /** The client looks for a node that it knows the way to, and shows its session there: too late after `lateNs`. */
  #connect(client: Client, lateNs = this.#doors.nowNs() + this.#timeoutNs(client)): void {
    const nowNs = this.#doors.nowNs();
    if (this.#reach(client)) {
      const { spec } = this;
      const sessions = 1 + this.#doors.replicasOf(client.broker) * spec.sessionsPerReplica;
      this.#freeNs = Math.max(nowNs, this.#freeNs) + Math.round(sessions * spec.reconnectNs);
      if (this.#freeNs <= lateNs) return;
    }
    client.endsNs = Math.min(client.endsNs, lateNs);
  }

  /** False when every address that it knows is dead or another's by now. */
  #reach(client: Client): boolean {
    for (let i = 0; i < this.spec.nodes; i++) {
      const node = (client.node + i) % this.spec.nodes;
      if (!this.#up[node] || client.addresses[node] !== this.#addresses[node]) continue;
      client.node = node;
      client.lost = false;
      return true;
    }
    client.lost = true;
    return false;
  }

  /** Pings sent now are answered when the queue has come to them: too late for some. */
  #delayPings(): void {
    const nowNs = this.#doors.nowNs();
    for (const client of this.#clients) {
      const lateNs = nowNs + this.#timeoutNs(client);
      if (this.#freeNs <= lateNs || client.endsNs <= lateNs || !this.#doors.isHeard(client.broker)) continue;
      client.endsNs = lateNs;
    }
    this.#plan();
  }

  #plan(): void {
    let earliest = Infinity;
    for (const { endsNs } of this.#clients) if (endsNs < earliest) earliest = endsNs;
    if (earliest >= this.#checkNs) return;
    this.#checkNs = earliest;
    this.#doors.wait(earliest, CHECK);
  }

  #registrationNs(broker: number): number {
    const { readNs, writeNs } = this.spec;
    const replicas = this.#doors.replicasOf(broker);
    const perReplicaNs = WRITES_PER_REPLICA * writeNs + READS_PER_REPLICA * readNs;
    return Math.round(WRITES_PER_REGISTRATION * writeNs + replicas * perReplicaNs);
  }

  #timeoutNs(client: Client): number {
    return this.#doors.sessionTimeoutNs(client.broker);
  }
}
