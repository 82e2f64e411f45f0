/** The controllers of all clusters: brokers' sessions, elections, and how everybody learns of new leaders. */
import type { Engine } from '../engine/index.ts';
import type { ZooKeeperSpec } from '../scenario/scenario.ts';
import { BrokerSessions, HEARD } from './broker-sessions.ts';
import type { Clusters } from './clusters.ts';
import { Controller, type Task } from './controller.ts';
import { ControllerHosts } from './controller-hosts.ts';
import type { ControllerListener } from './controller-listener.ts';
import { LeaderMoves } from './leader-moves.ts';
import { PartitionView } from './partition-view.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';
import { ZooKeepers } from './zookeepers.ts';

/** What happens to a broker's session. */
const SESSION_ENDS = 0;
const REGISTERS = 1;
const SUCCEEDS = 2;

export class Controllers {
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #clusters: Clusters;
  readonly #listener: ControllerListener;
  readonly #ways: Ways;
  readonly #controllers: readonly Controller[];
  /** Where brokers of ZooKeeper's era register. */
  readonly zookeepers: ZooKeepers;
  readonly #hosts: ControllerHosts;
  readonly view: PartitionView;
  readonly leaders: LeaderMoves;
  readonly sessions: BrokerSessions;
  readonly #brokerKind: number;
  readonly #workKind: number;
  readonly #metadataKind: number;
  #ordinal = 0;

  constructor(options: {
    engine: Engine;
    topology: Topology;
    clusters: Clusters;
    ways: Ways;
    listener: ControllerListener;
    zookeepers: readonly ZooKeeperSpec[];
  }) {
    const { engine, topology, clusters } = options;
    this.#engine = engine;
    this.#topology = topology;
    this.#clusters = clusters;
    this.#listener = options.listener;
    this.#ways = options.ways;
    this.sessions = new BrokerSessions(topology);
    const { live } = this.sessions;
    this.view = new PartitionView({ topology, clusters, live });
    this.leaders = new LeaderMoves({
      topology,
      clusters,
      view: this.view,
      live,
      moved: (partitions) => this.#listener.leadersMoved(partitions),
      spread: (topic, delayNs) =>
        engine.schedule(engine.nowNs + delayNs, this.#metadataKind, topic, this.#ordinal++, 0),
    });
    this.zookeepers = new ZooKeepers({
      engine,
      topology,
      specs: options.zookeepers,
      copies: clusters.copies,
      newsChanged: () => this.#listener.newsChanged(),
      isHeard: (broker) => this.sessions.isHeard(broker),
      away: (cluster) => this.#controllers[cluster].pause(),
      back: (cluster) => this.#zookeeperBack(cluster),
      expire: (broker) => this.#expire(broker),
      askAgain: (broker) => this.#askAgain(broker),
    });
    this.#hosts = new ControllerHosts(topology);
    this.#brokerKind = engine.kind('broker session', (broker, data) => this.#onBroker(broker, data));
    this.#workKind = engine.kind('controller work', (cluster, generation) => {
      if (generation === this.#controllers[cluster].generation) this.#controllers[cluster].goOn();
    });
    this.#metadataKind = engine.kind('metadata spreads', (topic) => this.#listener.metadataChanged(topic));
    this.#controllers = topology.clusters.map(
      ({ controller }, cluster) =>
        new Controller(controller, {
          partitions: () => this.view.partitions(cluster),
          workOf: (task) => this.view.workOf(cluster, task),
          apply: (task) => this.#apply(cluster, task),
          wait: (atNs) =>
            engine.schedule(atNs, this.#workKind, cluster, this.#ordinal++, this.#controllers[cluster].generation),
          nowNs: () => engine.nowNs,
        }),
    );
  }

  /** A broker's process dies, if it hasn't. Its controller notices when the session has ended. */
  kill(broker: number): void {
    this.sessions.end(broker);
    if (!this.#clusters.copies.isDown(broker)) this.#stop(broker);
    // One that is down may have registered, and nobody has told it yet what it holds.
    this.#silent(broker);
  }

  #stop(broker: number): void {
    this.sessions.mute[broker] = 0;
    this.#clusters.copies.stop(broker);
    this.#listener.brokerStopped(broker);
  }

  /** The process is up again. It can register once its old session has ended; not if another machine has its id. */
  start(broker: number, disk: 'kept' | 'lost'): void {
    if (this.sessions.mayStart(broker)) this.#boot(broker, disk);
  }

  /** A new machine has taken the id of a broker that isn't there yet, or of a dead one, and begins with an empty disk. */
  join(broker: number): void {
    this.sessions.take(broker);
    this.#boot(broker, 'lost');
  }

  /** A stopped broker is gone for good: its id is free. */
  retire(broker: number): void {
    this.sessions.release(broker);
    this.#hostGone(broker);
  }

  /** The controller does something that an operator asks for, when it comes to it: so much work, as of elections. */
  operate(cluster: number, work: number, apply: () => void): void {
    this.#controllers[cluster].add({ kind: 'operate', work, apply });
  }

  #boot(broker: number, disk: 'kept' | 'lost'): void {
    this.sessions.boot(broker, disk);
    this.zookeepers.of(this.#topology.brokerCluster[broker])?.restarted(broker);
    this.#planRegistration(broker);
  }

  #planRegistration(broker: number): void {
    const { nowNs } = this.#engine;
    this.#plan(
      this.sessions.isHeard(broker) ? nowNs : Math.max(nowNs, this.sessions.endsNs[broker]),
      broker,
      REGISTERS,
    );
  }

  /** ZooKeeper may admit it now, if it waits for that. */
  #askAgain(broker: number): void {
    const waits = this.sessions.returning.has(broker) || this.#clusters.copies.news.hasLeft(broker);
    if (waits && this.sessions.mute[broker] === 0) this.#planRegistration(broker);
  }

  /** Leaders are moved off the broker; then its process stops. Nobody has to notice anything. */
  shutDown(broker: number): void {
    this.#controllers[this.#topology.brokerCluster[broker]].add({ kind: 'shut-down', broker });
  }

  /** The broker stands still. Without its session it is taken for dead in a while. */
  hang(broker: number, session: 'kept' | 'lost'): void {
    if (this.#clusters.copies.isDown(broker)) return;
    this.#clusters.copies.hang(broker);
    this.#listener.brokerHung(broker);
    if (session !== 'lost') return;
    this.sessions.mute[broker] = 1;
    this.#silent(broker);
  }

  /** It goes on. If its session has ended meanwhile it restarts: others lead what it led. */
  resume(broker: number): void {
    this.sessions.mute[broker] = 0;
    if (!this.#clusters.copies.isHung(broker)) return;
    // Without a ZooKeeper that would end it, it has not ended.
    const { serving = true } = this.zookeepers.of(this.#topology.brokerCluster[broker]) ?? {};
    const unended = this.sessions.isLive(broker) && !serving;
    if (unended || this.sessions.endsNs[broker] > this.#engine.nowNs) {
      this.#clusters.resume(broker);
      this.#listener.brokerResumed(broker);
      if (!this.#clusters.copies.news.isAway(broker)) this.#heardInTime(broker);
      return;
    }
    this.#stop(broker);
    this.start(broker, 'kept');
  }

  preferLeaders(cluster: number): void {
    this.#controllers[cluster].add({ kind: 'prefer' });
  }

  /** The cluster's controller dies: with ZooKeeper the broker that it is on, with KRaft a node of its own. */
  killController(cluster: number): void {
    const broker = this.#hosts.of(cluster);
    if (broker >= 0) {
      this.#hosts.setKilled(cluster, broker);
      this.kill(broker);
      return;
    }
    const controller = this.#controllers[cluster];
    controller.die();
    this.#plan(this.#engine.nowNs + controller.spec.failoverNs, this.#topology.clusterFirstBroker[cluster], SUCCEEDS);
  }

  /** The broker that died as the controller is started again. */
  startController(cluster: number): void {
    if (this.#hosts.killed(cluster) >= 0) this.start(this.#hosts.killed(cluster), 'kept');
  }

  /** Ways between places have broken or are open again: brokers lose their controllers, or find them again. */
  waysChanged(): void {
    const { news } = this.#clusters.copies;
    const changed = this.#ways.lostOrFound((broker) => news.isAway(broker));
    for (const broker of changed) {
      if (news.isAway(broker)) this.#returns(broker);
      else {
        this.#clusters.copies.goesAway(broker);
        this.#silent(broker);
      }
    }
    if (changed.length > 0) this.#listener.newsChanged();
  }

  /** It can be heard again, if it says anything. */
  #returns(broker: number): void {
    const { copies } = this.#clusters;
    const { nowNs } = this.#engine;
    const endsNs = this.sessions.endsNs[broker];
    if (copies.news.hasLeft(broker)) {
      copies.news.reaches(broker);
      this.sessions.endsNs[broker] = Math.min(endsNs, nowNs);
      // One that is mute restarts when it goes on.
      if (this.sessions.mute[broker] === 0) this.#plan(nowNs, broker, REGISTERS);
      return;
    }
    copies.hears(broker);
    if (this.sessions.returning.has(broker)) this.#planRegistration(broker);
    else if (endsNs > nowNs && this.sessions.ended[broker] === 0 && this.sessions.mute[broker] === 0)
      this.#heardInTime(broker);
  }

  /** Its session lives on. */
  #heardInTime(broker: number): void {
    const cluster = this.#topology.brokerCluster[broker];
    const wasSilent = !this.sessions.isHeard(broker);
    this.sessions.endsNs[broker] = HEARD;
    if (wasSilent && this.#hosts.of(cluster) === broker) this.#controllers[cluster].succeed();
  }

  /** The broker is heard no more. */
  #silent(broker: number): void {
    // Nobody has heard it for a while already.
    if (!this.sessions.isHeard(broker)) return;
    const cluster = this.#topology.brokerCluster[broker];
    const controller = this.#controllers[cluster];
    this.sessions.endsNs[broker] = this.#engine.nowNs + controller.spec.sessionTimeoutNs;
    if (this.#hosts.of(cluster) === broker) controller.die();
    this.#plan(this.sessions.endsNs[broker], broker, SESSION_ENDS);
  }

  #plan(atNs: number, broker: number, step: number): void {
    this.#engine.schedule(atNs, this.#brokerKind, broker, this.#ordinal++, step);
  }

  #onBroker(broker: number, step: number): void {
    const cluster = this.#topology.brokerCluster[broker];
    const controller = this.#controllers[cluster];
    const endsNs = this.sessions.endsNs[broker];
    if (step === SUCCEEDS) {
      controller.succeed();
    } else if (step === REGISTERS) {
      const { copies } = this.#clusters;
      // One that is mute restarts when it goes on.
      if (copies.news.isAway(broker) || this.sessions.mute[broker] === 1) return;
      if (endsNs < HEARD && this.#engine.nowNs < endsNs) return;
      const disk = copies.isDown(broker) ? this.sessions.returning.get(broker) : 'kept';
      // Killed once more before it could, not stopped yet, or heard already.
      if (disk === undefined || (!copies.isDown(broker) && !copies.news.hasLeft(broker))) return;
      const atNs = this.zookeepers.of(cluster)?.admit(broker) ?? this.#engine.nowNs;
      if (atNs > this.#engine.nowNs) {
        if (atNs < Infinity) this.#plan(atNs, broker, REGISTERS);
        return;
      }
      this.sessions.register(broker, disk);
      if (this.#hosts.of(cluster) < 0 && controller.spec.kind === 'zookeeper') this.#takeOver(cluster, broker);
      controller.add({ kind: 'join', broker, disk });
    } else if (this.#engine.nowNs === endsNs && this.zookeepers.of(cluster)?.serving !== false) {
      this.sessions.live[broker] = 0;
      if (!this.#clusters.copies.isDown(broker)) this.#clusters.copies.isGivenUp(broker);
      controller.add({ kind: 'elect', broker }, { kind: 'shrink', broker });
      if (this.#hosts.of(cluster) === broker) this.#takeOver(cluster);
    }
  }

  /** ZooKeeper has a leader again: sessions that nobody keeps end a time-out from now, and who waits may register. */
  #zookeeperBack(cluster: number): void {
    const controller = this.#controllers[cluster];
    const first = this.#topology.clusterFirstBroker[cluster];
    const endsNs = this.#engine.nowNs + controller.spec.sessionTimeoutNs;
    controller.resume();
    for (let broker = first; broker < first + this.#topology.clusterBrokers[cluster]; broker++) {
      if (!this.sessions.isHeard(broker) && this.sessions.live[broker] === 1) {
        this.sessions.endsNs[broker] = endsNs;
        this.#plan(endsNs, broker, SESSION_ENDS);
      }
      this.#askAgain(broker);
    }
  }

  /**
   * ZooKeeper has ended the session of a broker that runs: others lead what it led. It is fenced until it has registered
   * anew, and comes back as one that was restarted.
   */
  #expire(broker: number): void {
    const cluster = this.#topology.brokerCluster[broker];
    const controller = this.#controllers[cluster];
    const { copies } = this.#clusters;
    this.sessions.close(broker, this.#engine.nowNs);
    const wasHost = this.#hosts.of(cluster) === broker;
    if (wasHost) controller.die();
    const disk = copies.isDown(broker) ? (this.sessions.disks.get(broker) ?? 'kept') : 'kept';
    // One that hangs will hear of it when it goes on.
    if (!copies.isHung(broker)) {
      if (!copies.isDown(broker)) this.#stop(broker);
      this.sessions.returning.set(broker, disk);
      this.#plan(this.#engine.nowNs, broker, REGISTERS);
    }
    controller.add({ kind: 'elect', broker }, { kind: 'shrink', broker });
    if (wasHost) this.#takeOver(cluster);
  }

  /** The broker is the controller from now on; −1 for nobody, until one returns. */
  #takeOver(cluster: number, broker = this.#hosts.next(cluster, (each) => this.sessions.isHeard(each))): void {
    this.#hosts.set(cluster, broker);
    if (broker >= 0) this.#controllers[cluster].succeed();
  }

  /** The broker has stopped, and everybody knows: if it was the controller another one is. */
  #hostGone(broker: number): void {
    const cluster = this.#topology.brokerCluster[broker];
    if (this.#hosts.of(cluster) !== broker) return;
    this.#controllers[cluster].die();
    this.#takeOver(cluster);
  }

  #apply(cluster: number, task: Task): void {
    switch (task.kind) {
      case 'elect':
        this.leaders.elect(this.view.affected(cluster, task));
        break;
      case 'shrink':
        for (const partition of this.view.affected(cluster, task)) {
          this.#clusters.copies.removeFromInSync(partition, this.#clusters.copies.copyOf(partition, task.broker));
        }
        break;
      case 'join':
        this.#join(task);
        break;
      case 'shut-down':
        this.#shutDown(cluster, task);
        break;
      case 'prefer':
        this.leaders.prefer(this.view.affected(cluster, task));
        break;
      case 'operate':
        task.apply();
        break;
    }
  }

  #join(task: Task & { kind: 'join' }): void {
    const { broker, disk } = task;
    const { copies } = this.#clusters;
    if (!this.sessions.isHeard(broker)) {
      // Out of reach meanwhile: it registers once more. If its process has ended, whoever starts it sees to that.
      if (!copies.isDown(broker) || this.sessions.ended[broker] === 1) return;
      this.sessions.returning.set(broker, disk);
      this.#planRegistration(broker);
      return;
    }
    // Started by two faults before the first was heard.
    if (!copies.isDown(broker) && !copies.news.hasLeft(broker)) return;
    this.sessions.live[broker] = 1;
    if (copies.isDown(broker)) this.#clusters.start(broker, disk);
    else {
      copies.hears(broker);
      this.#listener.newsChanged();
    }
    this.leaders.elect(this.view.affected(this.#topology.brokerCluster[broker], task));
  }

  #shutDown(cluster: number, task: Task & { kind: 'shut-down' }): void {
    const { broker } = task;
    // Killed meanwhile.
    if (this.#clusters.copies.isDown(broker)) return;
    this.leaders.leave(broker, this.view.affected(cluster, task));
    this.sessions.close(broker, this.#engine.nowNs);
    this.#stop(broker);
    if (this.sessions.returning.has(broker)) this.#plan(this.#engine.nowNs, broker, REGISTERS);
    else this.sessions.ended[broker] = 1;
    this.#controllers[cluster].add({ kind: 'shrink', broker });
    this.#hostGone(broker);
  }
}
