/** A consumer group as its coordinator and its members keep it: who belongs to it, who has what, who is taken for dead. */
import type { Assignor } from '../../../../src/router/assignors.ts';
import { invariant } from '../../../engine/invariant.ts';
import type { GroupSpec } from '../../../scenario/scenario.ts';
import type { ContainerRun } from '../container-run.ts';

/** What a group asks of the fleet. Partitions are numbered within the job. */
export interface GroupDoors {
  nowNs(): number;
  after(ns: number, step: () => void): void;
  /** Uniform in [0, 1), of the container: when the heartbeats of one that has been there for long go out. */
  phase(container: number): number;
  /** Asks for a commit of all that is written; it is stored, or refused, within `commitNs`. */
  flush(run: ContainerRun): void;
  readonly commitNs: number;
  /** One way between a member and its coordinator, ns. */
  readonly tripNs: number;
  /** The partition is the run's no more. */
  revoke(run: ContainerRun, partition: number): void;
  /** The partition is the run's: it reads what is committed and begins there, if by then it still is. */
  assign(member: Member, partition: number): void;
}

export class Member {
  /** Null once it has died: until its session ends the coordinator does not know. */
  run: ContainerRun | null;
  readonly container: number;
  /** Its heartbeats go out at this time and each interval after. */
  sinceNs: number;
  readonly owned = new Set<number>();
  /** It has joined the rebalance under way. */
  joined = false;
  /** Its lives: an end of session that was foreseen for an earlier one does not count. */
  life = 0;
  /** What it should have done while its container was stuck, in order: it does so afterwards, if it still lives. */
  private missed: (() => void)[] = [];

  constructor(run: ContainerRun, nowNs: number) {
    this.run = run;
    this.container = run.container;
    this.sinceNs = nowNs;
  }

  /** It does so now; when it goes on, if it is stuck. */
  act(step: () => void): void {
    if (this.run?.stuck) this.missed.push(step);
    else step();
  }

  /** Its container is no longer stuck. */
  goOn(): void {
    const { missed } = this;
    this.missed = [];
    for (const step of missed) step();
  }

  /** It has died, or leaves: nothing that it was about to do happens. */
  end(): void {
    this.life++;
    this.run = null;
    this.missed = [];
  }
}

export abstract class Group {
  readonly members: Member[] = [];
  protected readonly spec: GroupSpec;
  protected readonly partitions: number;
  protected readonly assignor: Assignor;
  protected readonly doors: GroupDoors;
  /** Times at which everybody had to be dealt partitions anew. */
  rebalances = 0;

  constructor(options: {
    readonly spec: GroupSpec;
    readonly partitions: number;
    readonly assignor: Assignor;
    readonly doors: GroupDoors;
  }) {
    this.spec = options.spec;
    this.partitions = options.partitions;
    this.assignor = options.assignor;
    this.doors = options.doors;
  }

  /** The group has been there for long: all is dealt out. */
  start(runs: readonly ContainerRun[]): void {
    const { doors, spec } = this;
    for (const run of runs) {
      const phaseNs = Math.floor(doors.phase(run.container) * spec.heartbeatNs);
      this.members.push(new Member(run, doors.nowNs() - phaseNs));
    }
    this.deal().forEach((own, m) => {
      for (const p of own) this.give(this.members[m], p);
    });
    this.settled();
  }

  /** A container has started. */
  join(run: ContainerRun): void {
    const { doors } = this;
    doors.after(doors.tripNs, () => {
      if (!run.alive) return;
      const before = this.members.find(({ container }) => container === run.container);
      if (before !== undefined && before.run === null && this.spec.staticMembership) {
        // KIP-345: the same instance is back within its session; it has what it had, and nobody else hears of it.
        before.run = run;
        before.life++;
        before.sinceNs = doors.nowNs();
        const owned = [...before.owned];
        doors.after(doors.tripNs, () => {
          for (const p of owned) if (before.run === run && before.owned.has(p)) doors.assign(before, p);
        });
        this.returned(before);
        return;
      }
      const member = new Member(run, doors.nowNs());
      this.members.push(member);
      this.joinedAnew(member);
    });
  }

  /** A container has died, or says nothing more: its session ends after its last heartbeat. */
  died(container: number): void {
    const member = this.memberOn(container);
    if (member === undefined) return;
    const { doors, spec } = this;
    const nowNs = doors.nowNs();
    const beats = Math.floor((nowNs - member.sinceNs) / spec.heartbeatNs);
    member.end();
    const { life } = member;
    doors.after(member.sinceNs + beats * spec.heartbeatNs + spec.sessionTimeoutNs - nowNs, () => {
      if (member.life === life) this.remove(member);
    });
  }

  /** How long from now until a member that does nothing is given up: it leaves by itself, or its session ends. */
  patienceNs(container: number): number {
    const member = this.memberOn(container);
    if (member === undefined) return Infinity;
    const { heartbeatNs, heartbeatThread, maxPollIntervalNs, sessionTimeoutNs } = this.spec;
    if (heartbeatThread) return maxPollIntervalNs;
    return sessionTimeoutNs - ((this.doors.nowNs() - member.sinceNs) % heartbeatNs);
  }

  /** A container says goodbye; its partitions are revoked already. */
  left(container: number): void {
    const member = this.memberOn(container);
    if (member === undefined) return;
    member.end();
    this.doors.after(this.doors.tripNs, () => this.remove(member));
  }

  /** A container is no longer stuck. */
  goOn(container: number): void {
    this.memberOn(container)?.goOn();
  }

  memberOn(container: number): Member | undefined {
    return this.members.find((member) => member.container === container && member.run !== null);
  }

  /** A member has joined that was none before. */
  protected abstract joinedAnew(member: Member): void;
  /** A static member is back before it was missed. */
  protected abstract returned(member: Member): void;
  /** A member is gone, and what it had is free. */
  protected abstract removed(): void;
  /** The start is over. */
  protected abstract settled(): void;

  protected deal(): number[][] {
    return this.assignor.assign(
      this.partitions,
      this.members.map(({ owned }) => ({ owned: [...owned] })),
    );
  }

  /** What of the share the member does not have and nobody else has either. */
  protected free(member: Member, share: readonly number[]): number[] {
    return share.filter((p) => !member.owned.has(p) && !this.members.some(({ owned }) => owned.has(p)));
  }

  protected give(member: Member, partition: number): void {
    invariant(!this.members.some(({ owned }) => owned.has(partition)), 'a partition has one owner');
    member.owned.add(partition);
    this.doors.assign(member, partition);
  }

  /** The member commits what it has written and gives the partitions up; `then` follows if it still lives. */
  protected giveUp(member: Member, partitions: readonly number[], then: () => void): void {
    const { doors } = this;
    const { run, life } = member;
    invariant(run !== null, 'only a member that lives gives up');
    doors.flush(run);
    doors.after(doors.commitNs + 1, () => {
      if (member.life !== life) return;
      member.act(() => {
        for (const p of partitions) {
          if (!member.owned.delete(p)) continue;
          doors.revoke(run, p);
        }
        then();
      });
    });
  }

  /** Calls back when the next heartbeat of the member, which lives, has brought it the news and it can act. */
  protected atHeartbeat(member: Member, hear: () => void): void {
    const { doors, spec } = this;
    const { life } = member;
    const nowNs = doors.nowNs();
    const next = (Math.floor((nowNs - member.sinceNs) / spec.heartbeatNs) + 1) * spec.heartbeatNs + member.sinceNs;
    doors.after(next + 2 * doors.tripNs - nowNs, () => {
      if (member.life === life) member.act(hear);
    });
  }

  protected remove(member: Member): void {
    const at = this.members.indexOf(member);
    if (at < 0) return;
    this.members.splice(at, 1);
    member.owned.clear();
    this.removed();
  }
}
