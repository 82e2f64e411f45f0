/**
 * KIP-848: the coordinator deals, and each member follows by its own heartbeats. What moves is given up first, and goes to
 * its new owner once that is confirmed; nobody waits for anybody else.
 */
import { Group, type Member } from './group.ts';

export class ServerGroup extends Group {
  private target = new Map<Member, readonly number[]>();
  /** Members that give partitions up, with the life in which they do. */
  private readonly givingUp = new Map<Member, number>();

  protected joinedAnew(member: Member): void {
    this.retarget();
    this.reconcile(member);
  }

  /** It learns its target by joining again, which may be another than before it died. */
  protected returned(member: Member): void {
    const { life } = member;
    this.doors.after(this.doors.tripNs, () => {
      if (member.life === life) member.act(() => this.reconcile(member));
    });
  }

  protected removed(): void {
    this.retarget();
  }

  protected settled(): void {
    this.aim();
  }

  private retarget(): void {
    this.rebalances++;
    this.aim();
    this.tellAll();
  }

  private aim(): void {
    this.target = new Map(this.members.length === 0 ? [] : this.deal().map((own, m) => [this.members[m], own]));
  }

  private tellAll(): void {
    for (const member of this.members) {
      if (member.run === null || !this.wants(member)) continue;
      this.atHeartbeat(member, () => this.reconcile(member));
    }
  }

  private wants(member: Member): boolean {
    const share = this.target.get(member) ?? [];
    return share.length !== member.owned.size || share.some((p) => !member.owned.has(p));
  }

  /** The member has heard of its target: it gives up what it shall not have, and takes what is free. */
  private reconcile(member: Member): void {
    if (!this.members.includes(member) || member.run === null) return;
    if (this.givingUp.get(member) === member.life) return;
    const share = this.target.get(member) ?? [];
    const moves = [...member.owned].filter((p) => !share.includes(p));
    if (moves.length > 0) {
      const { life } = member;
      this.givingUp.set(member, life);
      this.giveUp(member, moves, () => {
        this.givingUp.delete(member);
        // It confirms at once (AK: a heartbeat as soon as the reconciliation is done), and the others hear by theirs.
        this.doors.after(this.doors.tripNs, () => {
          this.tellAll();
          if (member.life === life) member.act(() => this.reconcile(member));
        });
      });
    }
    const gained = this.free(member, share);
    for (const p of gained) this.give(member, p);
  }
}
