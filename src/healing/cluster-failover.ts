/**
 * When a cluster fails over to its stand-by, in which order, and when it comes back: detect, start the stand-by, create the
 * topics, repoint producers, drain the old cluster; and back: repoint, drain the stand-by (T16; B16, Netflix tech blog).
 *
 * A core: it holds no clock and does nothing itself. Each effect asks for one thing, whose end is told by `done`. While it
 * waits for something to be so, `asks` names it, and `askAtNs` says when it wants to be told.
 */
import { invariant } from '../invariant.ts';
import { RollingVotes } from '../rolling-votes.ts';

/** What is reached, in order. */
export type FailoverMilestone =
  | 'detected'
  | 'started'
  | 'created'
  | 'shifted'
  | 'drained'
  | 'returning'
  | 'back'
  | 'standbyDrained';

export interface FailoverPolicy {
  /** When to fail over without being told to; null: never. */
  readonly rule: {
    /** Between two checks, ns. */
    readonly checkNs: number;
    /** Of the last `window` checks, 1 to 31, `hits` must find the cluster sick. */
    readonly hits: number;
    readonly window: number;
    /** Share of partitions that can't be written to, above 0, up to 1, from which on a check finds it sick. */
    readonly sickFraction: number;
  } | null;
  /** How long traffic stays on the stand-by at the least, from when the last producer left the cluster, ns; null: for good. */
  readonly stayNs: number | null;
  /** Between two looks whether a cluster is drained, or well again, ns. */
  readonly lookNs: number;
}

export interface FailoverEffects {
  /** Whether the cluster may be failed over now: false when somebody else is at it. Then nothing more is done. */
  claim(nowNs: number): boolean;
  /** Start the stand-by; `done` when it runs. */
  start(nowNs: number): void;
  /** Create the topics there, and have them read; `done` when producers may come. */
  create(nowNs: number): void;
  /** Repoint producers; `done` when the last one has left the other cluster. */
  repoint(to: 'stand-by' | 'home', nowNs: number): void;
  /** The cluster is drained, and nobody comes any more: its topics need not be read there. */
  leave(which: 'stand-by' | 'home', nowNs: number): void;
  reached(milestone: FailoverMilestone, nowNs: number): void;
}

type State =
  | 'idle'
  | 'watching'
  | 'starting'
  | 'creating'
  | 'shifting'
  | 'draining'
  | 'staying'
  | 'returning'
  | 'draining-standby';

export class ClusterFailover {
  /** What it wants to be told at `askAtNs`: by `health`, or by `drain` of the cluster that `drains` names; null: nothing. */
  asks: 'health' | 'drain' | null = null;
  askAtNs = Infinity;
  private readonly policy: FailoverPolicy;
  private readonly effects: FailoverEffects;
  private readonly votes: RollingVotes | null;
  private state: State = 'idle';
  /** When the last producer left a cluster. */
  private leftNs = 0;

  /** Throws a `RangeError` for a policy that can't be followed. */
  constructor(policy: FailoverPolicy, effects: FailoverEffects) {
    const { rule, stayNs, lookNs } = policy;
    if (!(lookNs > 0)) throw new RangeError(`lookNs must be above 0, not ${lookNs}`);
    if (stayNs !== null && !(stayNs >= 0)) throw new RangeError(`stayNs must be 0 or more, or null, not ${stayNs}`);
    if (rule !== null && !(rule.checkNs > 0)) throw new RangeError(`checkNs must be above 0, not ${rule.checkNs}`);
    if (rule !== null && !(rule.sickFraction > 0 && rule.sickFraction <= 1)) {
      throw new RangeError(`sickFraction must be above 0 and at most 1, not ${rule.sickFraction}`);
    }
    this.policy = policy;
    this.effects = effects;
    this.votes = rule === null ? null : new RollingVotes(rule);
  }

  /** True from when it was detected until all has ended. */
  get isUnderWay(): boolean {
    return this.state !== 'idle' && this.state !== 'watching';
  }

  /** The cluster that is being drained. */
  get drains(): 'home' | 'stand-by' {
    return this.state === 'draining-standby' ? 'stand-by' : 'home';
  }

  /** Checks begin, by the policy's rule. */
  watch(nowNs: number): void {
    invariant(this.votes !== null, 'a cluster is watched by a rule');
    invariant(this.state === 'idle', 'a cluster is watched that is not failed over');
    this.votes.forget();
    this.state = 'watching';
    this.ask('health', nowNs);
  }

  /** Somebody has decided that the cluster fails over. Nothing when it is under way. */
  decide(nowNs: number): void {
    if (this.isUnderWay) return;
    this.askNothing();
    this.state = 'idle';
    if (!this.effects.claim(nowNs)) return;
    this.state = 'starting';
    this.effects.reached('detected', nowNs);
    this.effects.start(nowNs);
  }

  /** Share of the cluster's partitions that nobody can write to; 1 when nobody reaches it. */
  health(sickFraction: number, nowNs: number): void {
    invariant(this.asks === 'health', 'health is told when asked for');
    if (this.state === 'watching') {
      const { rule } = this.policy;
      if (this.votes!.vote(sickFraction >= rule!.sickFraction)) this.decide(nowNs);
      else this.ask('health', nowNs + rule!.checkNs);
      return;
    }
    if (sickFraction > 0 || nowNs < this.leftNs + this.policy.stayNs!) {
      this.ask('health', nowNs + this.policy.lookNs);
      return;
    }
    this.askNothing();
    this.state = 'returning';
    this.effects.reached('returning', nowNs);
    this.effects.repoint('home', nowNs);
  }

  /** Whether sinks have all that the cluster holds, or will never get it, and nothing is under way to it. */
  drain(isDrained: boolean, nowNs: number): void {
    invariant(this.asks === 'drain', 'what is drained is told when asked for');
    if (!isDrained) {
      this.ask('drain', nowNs + this.policy.lookNs);
      return;
    }
    this.askNothing();
    if (this.state === 'draining') this.drained(nowNs);
    else {
      this.state = 'idle';
      this.effects.leave('stand-by', nowNs);
      this.effects.reached('standbyDrained', nowNs);
    }
  }

  /** What the last effect asked for has been done. */
  done(nowNs: number): void {
    switch (this.state) {
      case 'starting':
        this.state = 'creating';
        this.effects.reached('started', nowNs);
        this.effects.create(nowNs);
        return;
      case 'creating':
        this.state = 'shifting';
        this.effects.reached('created', nowNs);
        this.effects.repoint('stand-by', nowNs);
        return;
      case 'shifting':
      case 'returning': {
        const away = this.state === 'shifting';
        this.state = away ? 'draining' : 'draining-standby';
        this.leftNs = nowNs;
        this.effects.reached(away ? 'shifted' : 'back', nowNs);
        this.ask('drain', nowNs);
        return;
      }
      default:
        invariant(false, `nothing was to be done while ${this.state}`);
    }
  }

  private drained(nowNs: number): void {
    this.effects.reached('drained', nowNs);
    if (this.policy.stayNs === null) {
      this.state = 'idle';
      this.effects.leave('home', nowNs);
      return;
    }
    this.state = 'staying';
    this.ask('health', nowNs);
  }

  private ask(what: 'health' | 'drain', atNs: number): void {
    this.asks = what;
    this.askAtNs = atNs;
  }

  private askNothing(): void {
    this.asks = null;
    this.askAtNs = Infinity;
  }
}
