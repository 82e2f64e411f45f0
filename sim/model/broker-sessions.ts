/**
 * What is known of brokers' sessions with their controllers: who is heard, who is taken for alive, who is on its way back,
 * and who holds which id. Kafka's brokers keep their ids in ZooKeeper or on disk; whose session has ended leaves its id free.
 */
import type { Topology } from './topology.ts';

/** In place of the time at which a session ends. */
export const HEARD = Infinity;

export class BrokerSessions {
  /** By broker: 1 while its controller takes it for alive. */
  readonly live: Uint8Array;
  /** By broker: when its session ends, or ended, as it isn't heard; `HEARD` while it is. */
  readonly endsNs: Float64Array;
  /** By broker: 1 from the end of its process until somebody starts it. */
  readonly ended: Uint8Array;
  /** By broker: 1 while it hangs and its heartbeats with it. */
  readonly mute: Uint8Array;
  /** Brokers whose process is up, or will be as soon as it has stopped, and that haven't registered. */
  readonly returning = new Map<number, 'kept' | 'lost'>();
  /** By broker: with what disk it registered last. */
  readonly disks = new Map<number, 'kept' | 'lost'>();
  /** By broker: 1 while it isn't there yet, or is gone for good. */
  readonly #absent: Uint8Array;
  /** Brokers whose id another machine took while they were dead. */
  readonly #successors = new Set<number>();

  constructor({ brokers, clusters, clusterFirstBroker, clusterBrokers }: Topology) {
    this.live = new Uint8Array(brokers).fill(1);
    this.endsNs = new Float64Array(brokers).fill(HEARD);
    this.ended = new Uint8Array(brokers);
    this.mute = new Uint8Array(brokers);
    this.#absent = new Uint8Array(brokers);
    clusters.forEach((cluster, index) => {
      const first = clusterFirstBroker[index];
      for (let id = cluster.brokers; id < clusterBrokers[index]; id++) this.release(first + id);
    });
  }

  isHeard(broker: number): boolean {
    return this.endsNs[broker] === HEARD;
  }

  /** As far as the controller knows. */
  isLive(broker: number): boolean {
    return this.live[broker] === 1;
  }

  /** True while the broker isn't there, or is gone for good. */
  isAbsent(broker: number): boolean {
    return this.#absent[broker] === 1;
  }

  /** A process is up, or will be as soon as the one before has stopped. */
  boot(broker: number, disk: 'kept' | 'lost'): void {
    this.ended[broker] = 0;
    this.returning.set(broker, disk);
  }

  /** Its process has ended. */
  end(broker: number): void {
    this.returning.delete(broker);
    this.mute[broker] = 0;
    this.ended[broker] = 1;
  }

  /** It is heard from now on. */
  register(broker: number, disk: 'kept' | 'lost'): void {
    this.returning.delete(broker);
    this.disks.set(broker, disk);
    this.endsNs[broker] = HEARD;
  }

  /** Its controller knows that its session has ended. */
  close(broker: number, nowNs: number): void {
    this.endsNs[broker] = nowNs;
    this.live[broker] = 0;
  }

  /** Nobody holds the id: its broker isn't there, or its session has ended and no process of it, which is down, will return. */
  isIdFree(broker: number, { isDown, nowNs }: { isDown: boolean; nowNs: number }): boolean {
    if (this.isAbsent(broker)) return true;
    return !this.isLive(broker) && isDown && this.endsNs[broker] <= nowNs && !this.returning.has(broker);
  }

  /** A new machine takes the id of a broker that isn't there, or of a dead one. */
  take(broker: number): void {
    if (this.isAbsent(broker)) this.#absent[broker] = 0;
    else this.#successors.add(broker);
  }

  /** The machine that had the id is to be started again. False when there is none, or when another one has its id. */
  mayStart(broker: number): boolean {
    return !this.isAbsent(broker) && !this.#successors.delete(broker);
  }

  /** The broker is gone for good: its id is free, and its controller knows of no such broker. */
  release(broker: number): void {
    this.returning.delete(broker);
    this.#successors.delete(broker);
    this.#absent[broker] = 1;
    this.live[broker] = 0;
    this.endsNs[broker] = 0;
  }
}
