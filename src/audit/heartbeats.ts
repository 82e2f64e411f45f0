/**
 * Synthetic records, one for each target (a broker and partition) at an interval, expected at the far end within a bound:
 * says that a partition is dead although nobody happens to write to it, and how far behind it is.
 */

export interface HeartbeatNews {
  readonly target: string;
  /** `dead`: a beat is overdue. `alive`: one has come since, that was sent after it. */
  readonly kind: 'dead' | 'alive';
  readonly atMs: number;
}

export interface HeartbeatStanding {
  readonly sent: number;
  /** Within the bound. */
  readonly onTime: number;
  /** After it. */
  readonly late: number;
  /** Overdue, and not there yet. */
  readonly lost: number;
  /** Came again. */
  readonly duplicates: number;
  /** From being sent to being there: of the last that came, and the largest, ms. */
  readonly lagMs: number;
  readonly lagMaxMs: number;
  readonly alive: boolean;
}

export interface HeartbeatOptions {
  readonly targets: readonly string[];
  readonly intervalMs: number;
  /** A beat that takes longer is overdue. A dead target is known after interval + bound at the latest. */
  readonly boundMs: number;
  /** Sends a beat, whatever becomes of it. Called from within `onTime`. */
  readonly send: (target: string, beat: number) => void;
  readonly onNews?: (news: HeartbeatNews) => void;
}

/** Beats of a target that are remembered: one that comes later still is ignored. Beyond bound ÷ interval, at least. */
const REMEMBERED_MIN = 64;
const UNDER_WAY = 0;
const OVERDUE = 1;
const HERE = 2;

interface Target {
  readonly name: string;
  readonly sentMs: Float64Array;
  readonly states: Uint8Array;
  sent: number;
  /** First beat that may still become overdue. */
  waits: number;
  onTime: number;
  late: number;
  lost: number;
  duplicates: number;
  lagMs: number;
  lagMaxMs: number;
  alive: boolean;
  /** Beats from here on show that a target that was dead is alive. */
  deadUntil: number;
  /** Latest beat that has come. */
  newest: number;
}

export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #targets: Map<string, Target>;
  readonly #remembered: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    const { intervalMs, boundMs, targets } = options;
    if (!(intervalMs > 0)) throw new RangeError(`intervalMs: expected a time above 0, got ${intervalMs}`);
    if (!(boundMs > 0)) throw new RangeError(`boundMs: expected a time above 0, got ${boundMs}`);
    this.#options = options;
    this.#remembered = Math.max(REMEMBERED_MIN, 2 * Math.ceil(boundMs / intervalMs) + 2);
    this.#targets = new Map(targets.map((name) => [name, this.#target(name)]));
  }

  standing(target: string): HeartbeatStanding {
    const { sent, onTime, late, lost, duplicates, lagMs, lagMaxMs, alive } = this.#at(target);
    return { sent, onTime, late, lost, duplicates, lagMs, lagMaxMs, alive };
  }

  /** A beat is at the far end. */
  arrived(target: string, beat: number, nowMs: number): void {
    const at = this.#at(target);
    if (!(beat >= Math.max(0, at.sent - this.#remembered) && beat < at.sent)) return;
    const slot = beat % this.#remembered;
    if (at.states[slot] === HERE) {
      at.duplicates++;
      return;
    }
    const lagMs = nowMs - at.sentMs[slot];
    const overdue = at.states[slot] === OVERDUE;
    if (overdue) at.lost--;
    if (overdue || lagMs > this.#options.boundMs) at.late++;
    else at.onTime++;
    at.states[slot] = HERE;
    at.lagMs = lagMs;
    if (beat > at.newest) at.newest = beat;
    if (lagMs > at.lagMaxMs) at.lagMaxMs = lagMs;
    if (at.alive || beat < at.deadUntil) return;
    at.alive = true;
    this.#options.onNews?.({ target, kind: 'alive', atMs: nowMs });
  }

  /** When `onTime` is due next; at once, before the first time. */
  deadlineMs(): number {
    let dueMs = this.#nextMs;
    for (const at of this.#targets.values()) {
      if (at.waits < at.sent) dueMs = Math.min(dueMs, at.sentMs[at.waits % this.#remembered] + this.#options.boundMs);
    }
    return dueMs;
  }

  /** Finds what is overdue, and sends what is due. Called late, it sends one beat, not all that it missed. */
  onTime(nowMs: number): void {
    for (const at of this.#targets.values()) this.#findOverdue(at, nowMs);
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#options.intervalMs;
    for (const at of this.#targets.values()) {
      const slot = at.sent % this.#remembered;
      at.sentMs[slot] = nowMs;
      at.states[slot] = UNDER_WAY;
      this.#options.send(at.name, at.sent++);
    }
  }

  #findOverdue(at: Target, nowMs: number): void {
    for (; at.waits < at.sent; at.waits++) {
      const slot = at.waits % this.#remembered;
      if (nowMs < at.sentMs[slot] + this.#options.boundMs) return;
      if (at.states[slot] !== UNDER_WAY) continue;
      at.states[slot] = OVERDUE;
      at.lost++;
      // A later one has come: this one is lost, and the target alive.
      if (at.waits < at.newest) continue;
      at.deadUntil = at.waits + 1;
      if (!at.alive) continue;
      at.alive = false;
      this.#options.onNews?.({ target: at.name, kind: 'dead', atMs: nowMs });
    }
  }

  #at(target: string): Target {
    const at = this.#targets.get(target);
    if (at === undefined) throw new RangeError(`target: expected one of those that get beats, got '${target}'`);
    return at;
  }

  #target(name: string): Target {
    return {
      name,
      sentMs: new Float64Array(this.#remembered),
      states: new Uint8Array(this.#remembered),
      sent: 0,
      waits: 0,
      onTime: 0,
      late: 0,
      lost: 0,
      duplicates: 0,
      lagMs: 0,
      lagMaxMs: 0,
      alive: true,
      deadUntil: 0,
      newest: -1,
    };
  }
}
