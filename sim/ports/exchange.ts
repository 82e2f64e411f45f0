import type { Timer } from '../../src/ports.ts';
import { hash32, invariant } from '../engine/index.ts';
import { connectAgainNs, sendingEndsNs, sentAgainNs } from '../model/retransmission.ts';
import type { Link, Wire } from './wire.ts';

/** How a request ended for the client. */
export type Reply<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** No connection could be made: nothing left the client. */
  | { readonly kind: 'unreachable' }
  /** The connection broke after the request had left. */
  | { readonly kind: 'broken' }
  /** The time was up. */
  | { readonly kind: 'silent' };

export interface Answering<T> {
  /** False once nobody waits for the answer any more. */
  readonly awaited: boolean;
  readonly sentNs: number;
  /**
   * The answer leaves at `leavesNs`; what the broker had to do for it is done at `doneNs` (default: then), and undone if
   * the broker ends before that.
   */
  answer(value: T, times: { readonly leavesNs: number; readonly doneNs?: number }): void;
  /** The broker drops the connection. */
  drop(): void;
}

/** The request is at its broker, which works. */
export type Serve<T> = (to: Answering<T>) => void;

type Stage = 'travels' | 'connects' | 'held' | 'served' | 'answer held' | 'returns' | 'ended';

export interface ExchangeOptions<T> {
  readonly wire: Wire;
  readonly link: Link;
  readonly broker: number;
  readonly serve: Serve<T>;
  readonly resolve: (reply: Reply<T>) => void;
}

/** One request and its answer. */
export class Exchange<T> implements Answering<T> {
  readonly broker: number;
  readonly sentNs: number;
  readonly #options: ExchangeOptions<T>;
  readonly #ordinal: number;
  #stage: Stage = 'travels';
  #reply: Reply<T> | null = null;
  #doneNs = 0;
  /** How long its client waits. */
  #limitNs = 0;
  /** What happens to it next. */
  #next: Timer | null = null;
  #limit: Timer | null = null;
  #settled = false;

  constructor(options: ExchangeOptions<T>) {
    this.#options = options;
    this.broker = options.broker;
    this.sentNs = options.wire.clock.nowNs();
    this.#ordinal = options.link.ordinal++;
  }

  get awaited(): boolean {
    return !this.#settled;
  }

  send(limitNs: number): void {
    const { wire, link } = this.#options;
    this.#limitNs = limitNs;
    this.#limit = wire.clock.after(limitNs, () => {
      this.#settle({ kind: this.#stage === 'connects' ? 'unreachable' : 'silent' });
    });
    const tripNs = this.#tripNs('there');
    const atNs = Math.max(this.sentNs + tripNs, link.arrivalsNs[this.broker] + 1);
    link.arrivalsNs[this.broker] = atNs;
    this.#at(atNs, () => this.#arrive());
  }

  answer(value: T, { leavesNs, doneNs = leavesNs }: { leavesNs: number; doneNs?: number }): void {
    if (this.#stage !== 'served') return;
    this.#reply = { kind: 'answer', value };
    this.#doneNs = doneNs;
    this.#at(leavesNs, () => this.#leave());
  }

  drop(): void {
    if (this.#stage !== 'served') return;
    if (this.#options.wire.hangs(this.broker)) this.#hold('held');
    else this.broke({ answersLost: false });
  }

  /** The connection has broken; the client hears of it a trip later. */
  broke({ answersLost }: { answersLost: boolean }): void {
    // What travels finds out when it arrives; what tries to connect goes on trying.
    if (this.#stage === 'travels' || this.#stage === 'connects' || this.#stage === 'ended') return;
    if (this.#stage === 'returns' && !answersLost) return;
    this.#end({ kind: 'broken' });
  }

  hung(): void {
    if (this.#stage !== 'served' || this.#reply === null) return;
    // Not done by then: it does that when it goes on.
    if (this.#doneNs > this.#options.wire.clock.nowNs()) this.#hold('held');
  }

  resumed(): void {
    if (this.#stage === 'held') this.#serve();
    else if (this.#stage === 'answer held') this.#leave();
  }

  #arrive(): void {
    const { wire, link } = this.#options;
    const nowNs = wire.clock.nowNs();
    if (this.#stage === 'travels' && this.sentNs <= wire.reach.brokenNs(this.broker)) {
      // Under way when the connection broke: the client can't know how far it got.
      this.#end({ kind: 'broken' });
    } else if (wire.reach.isCutOff(wire.topology.brokerCluster[this.broker]) || this.#isClosed()) {
      this.#stage = 'connects';
      const atNs = connectAgainNs(this.sentNs, nowNs);
      if (atNs === Infinity) this.#end({ kind: 'unreachable' });
      else this.#at(atNs, () => this.#arrive());
    } else if (this.#isCut('there')) {
      // Its packets are lost, and sent again, even if the client has given it up.
      if (nowNs >= sendingEndsNs(this.sentNs, { closed: this.#settled })) this.#end({ kind: 'broken' });
      else {
        // What is behind it on its connection waits, too.
        const atNs = Math.max(sentAgainNs(this.sentNs, nowNs), link.arrivalsNs[this.broker] + 1);
        link.arrivalsNs[this.broker] = atNs;
        this.#at(atNs, () => this.#arrive());
      }
    } else if (wire.hangs(this.broker)) {
      this.#hold('held');
    } else if (wire.clusters.copies.isDown(this.broker)) {
      this.#end({ kind: 'unreachable' });
    } else {
      this.#serve();
    }
  }

  #serve(): void {
    this.#stage = 'served';
    this.#reply = null;
    this.#options.wire.served++;
    this.#options.serve(this);
  }

  #leave(): void {
    const { wire, link } = this.#options;
    if (wire.hangs(this.broker)) {
      this.#hold('answer held');
      return;
    }
    this.#stage = 'returns';
    const nowNs = wire.clock.nowNs();
    const atNs = Math.max(nowNs + this.#tripNs('back'), link.answersNs[this.broker] + 1);
    link.answersNs[this.broker] = atNs;
    this.#at(atNs, () => this.#return(nowNs));
  }

  /** The answer is there, unless it was lost on the way: then it is sent again at its next turn. */
  #return(leftNs: number): void {
    if (!this.#isCut('back')) {
      this.#settle(this.#reply!);
      return;
    }
    const nowNs = this.#options.wire.clock.nowNs();
    if (nowNs >= sendingEndsNs(leftNs, { closed: this.#settled })) {
      this.#settle({ kind: 'broken' });
      return;
    }
    const { answersNs } = this.#options.link;
    const atNs = Math.max(sentAgainNs(leftNs, nowNs), answersNs[this.broker] + 1);
    answersNs[this.broker] = atNs;
    this.#at(atNs, () => this.#return(leftNs));
  }

  #isCut(way: 'there' | 'back'): boolean {
    const { wire, link } = this.#options;
    if (!wire.ways.troubled) return false;
    const there = wire.ways.broker(this.broker);
    return way === 'there' ? wire.ways.isCut(link.spot, there) : wire.ways.isCut(there, link.spot);
  }

  /** A request without an answer costs its connection once its time is up, and while the way is cut there is no other. */
  #isClosed(): boolean {
    const { wire, link } = this.#options;
    if (!wire.ways.troubled) return false;
    const sinceNs = wire.ways.brokenSinceNs(link.spot, wire.ways.broker(this.broker));
    return this.sentNs >= sinceNs + this.#limitNs;
  }

  #hold(stage: 'held' | 'answer held'): void {
    this.#next?.cancel();
    this.#stage = stage;
    this.#options.wire.hold(this as Exchange<unknown>);
  }

  /** Without an answer: the client hears of it a trip later. */
  #end(reply: Reply<T>): void {
    const { wire, link } = this.#options;
    this.#stage = 'ended';
    const baseNs = wire.topology.network.baseNs(wire.topology.brokerZone[this.broker], link.zone);
    this.#at(wire.clock.nowNs() + Math.max(1, baseNs), () => this.#settle(reply));
  }

  #settle(reply: Reply<T>): void {
    const { wire, resolve } = this.#options;
    this.#limit?.cancel();
    if (reply.kind === 'silent') {
      // It goes on by itself: a request given up may still be written.
      this.#settled = true;
      resolve(reply);
      return;
    }
    this.#stage = 'ended';
    // One that gives up connecting sends nothing later.
    this.#next?.cancel();
    wire.settled(this as Exchange<unknown>);
    if (!this.#settled) resolve(reply);
    this.#settled = true;
  }

  #tripNs(way: 'there' | 'back'): number {
    const { wire, link } = this.#options;
    const { brokerZone, network } = wire.topology;
    const entity = hash32(link.identity, way === 'there' ? 1 : 2, 0);
    const zone = brokerZone[this.broker];
    return way === 'there'
      ? network.tripNs(link.zone, zone, entity, this.#ordinal)
      : network.tripNs(zone, link.zone, entity, this.#ordinal);
  }

  #at(atNs: number, what: () => void): void {
    const nowNs = this.#options.wire.clock.nowNs();
    invariant(atNs >= nowNs, 'a request goes forward in time');
    this.#next?.cancel();
    this.#next = this.#options.wire.clock.after(atNs - nowNs, what);
  }
}
