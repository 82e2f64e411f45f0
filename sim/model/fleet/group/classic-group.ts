/**
 * The rebalance that clients carry out: all join, one of them deals, all are told. Eager: whoever joins has given up what
 * it had. Cooperative (KIP-429): it keeps it, gives up only what goes to another, and joins again for that to be dealt.
 */
import { invariant } from '../../../engine/invariant.ts';
import { Group, type Member } from './group.ts';

export class ClassicGroup extends Group {
  private state: 'stable' | 'joining' | 'syncing' = 'stable';
  private generation = 0;
  /** Something happened while members were told their shares: they begin again when they know. */
  private again = false;

  protected joinedAnew(member: Member): void {
    member.joined = true;
    this.change();
  }

  protected returned(member: Member): void {
    if (this.state !== 'joining') return;
    const { generation } = this;
    member.act(() => this.hear(member, generation));
  }

  protected removed(): void {
    this.change();
  }

  protected settled(): void {}

  private get eager(): boolean {
    return this.spec.protocol === 'eager';
  }

  private change(): void {
    if (this.state === 'syncing') {
      this.again = true;
      return;
    }
    if (this.state === 'stable') {
      this.state = 'joining';
      this.rebalances++;
      const generation = ++this.generation;
      for (const member of this.members) {
        if (!member.joined && member.run !== null) this.atHeartbeat(member, () => this.hear(member, generation));
      }
      this.doors.after(this.spec.maxPollIntervalNs, () => this.expel(generation));
    }
    this.completeIfAll();
  }

  /** The member hears that the group rebalances. */
  private hear(member: Member, generation: number): void {
    if (this.state !== 'joining' || generation !== this.generation || member.joined) return;
    if (this.eager && member.owned.size > 0) this.giveUp(member, [...member.owned], () => this.rejoin(member));
    else this.rejoin(member);
  }

  private rejoin(member: Member): void {
    const { life } = member;
    this.doors.after(this.doors.tripNs, () => {
      if (member.life !== life || member.joined || !this.members.includes(member)) return;
      member.joined = true;
      this.change();
    });
  }

  /** Whoever has not joined in time is a member no more (AK: rebalance time-out, the longest poll interval). */
  private expel(generation: number): void {
    if (this.state !== 'joining' || generation !== this.generation) return;
    for (const member of this.members.filter(({ joined, run }) => !joined && run === null)) this.remove(member);
  }

  private completeIfAll(): void {
    if (this.state !== 'joining' || !this.members.every(({ joined }) => joined)) return;
    if (this.members.length === 0) {
      this.state = 'stable';
      return;
    }
    this.state = 'syncing';
    const shares = new Map(this.deal().map((own, m) => [this.members[m], own]));
    // The answer to the join tells the leader who is there; its assignment goes back, and to all of them.
    this.doors.after(3 * this.doors.tripNs, () => this.apply(shares));
  }

  private apply(shares: ReadonlyMap<Member, readonly number[]>): void {
    invariant(this.state === 'syncing', 'shares are told once');
    this.state = 'stable';
    for (const member of shares.keys()) member.joined = false;
    for (const [member, share] of shares) {
      // One that died meanwhile is dealt its share too: nobody knows yet.
      if (!this.members.includes(member)) continue;
      const moves = [...member.owned].filter((p) => !share.includes(p));
      for (const p of this.free(member, share)) this.give(member, p);
      if (moves.length > 0 && member.run !== null) this.giveUp(member, moves, () => this.rejoin(member));
    }
    const fresh = this.again || this.members.some(({ joined }) => joined);
    this.again = false;
    if (fresh) this.change();
  }
}
