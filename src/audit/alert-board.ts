/**
 * Evaluates alert rules, each for any number of subjects (topics, routes, clusters), from counters that somebody reads
 * at intervals. Pure: a look brings values and time, and answers what it changed.
 */
import { Alarm } from './alarm.ts';
import { ALERT_DEFAULTS, ALERT_RULES, type AlertRule, type AlertRuleName, type AlertRules } from './alert-rules.ts';
import { Growth } from './growth.ts';
import { StuckPartitions } from './stuck-partitions.ts';

export interface AlertChange {
  readonly rule: AlertRuleName;
  readonly subject: string;
  readonly raised: boolean;
  /** What was seen: a share of 1, or partitions. */
  readonly value: number;
  readonly atNs: number;
}

export type PartialAlertRules = { readonly [N in AlertRuleName]?: Partial<AlertRule> };

/** What a rule knows of one subject. */
interface Watched {
  readonly alarm: Alarm;
  readonly growth: Growth;
  readonly stuck: StuckPartitions;
}

export class AlertBoard {
  readonly rules: AlertRules;
  readonly #onChange: (change: AlertChange) => void;
  readonly #watched = new Map<AlertRuleName, Map<string, Watched>>();

  /**
   * `rules` changes defaults, number by number. `onChange` hears of alerts as they are raised and cleared. Memory follows
   * the number of subjects. Throws a `RangeError` for a number that no rule can have.
   */
  constructor(options: { readonly rules?: PartialAlertRules; readonly onChange: (change: AlertChange) => void }) {
    const rules = Object.fromEntries(
      ALERT_RULES.map((name) => [name, { ...ALERT_DEFAULTS[name], ...options.rules?.[name] }]),
    ) as Record<AlertRuleName, AlertRule>;
    for (const name of ALERT_RULES) {
      for (const [key, value] of Object.entries(rules[name])) {
        if (!(value >= 0)) throw new RangeError(`${name}.${key}: expected a number ≥ 0, got ${value}`);
      }
      this.#watched.set(name, new Map());
    }
    this.rules = rules;
    this.#onChange = options.onChange;
  }

  isRaised(rule: AlertRuleName, subject: string): boolean {
    return this.#watched.get(rule)!.get(subject)?.alarm.raised ?? false;
  }

  /** Counters of a topic's producers, all since their start: attempted sends, and those that were lost. */
  drops(subject: string, { offered, lost }: { readonly offered: number; readonly lost: number }, nowNs: number): void {
    const { growth } = this.#at('drops', subject);
    const known = growth.look(offered, lost, nowNs);
    this.#look('drops', subject, known ? share(growth.second, growth.first) : null, nowNs);
  }

  /** Records ever stored in a topic, and of them those that a consumer does not have yet. */
  lag(subject: string, { stored, lag }: { readonly stored: number; readonly lag: number }, nowNs: number): void {
    const { growth } = this.#at('lag', subject);
    const known = growth.look(stored, 0, nowNs);
    this.#look('lag', subject, known ? share(lag, growth.first) : null, nowNs);
  }

  /** A consumer's offsets to read next, and ends of logs, by partition: always in the same order. */
  consumer(
    subject: string,
    { positions, ends }: { readonly positions: ArrayLike<number>; readonly ends: ArrayLike<number> },
    nowNs: number,
  ): void {
    const stuck = this.#at('stuck-consumer', subject).stuck.look(positions, ends, nowNs);
    this.#look('stuck-consumer', subject, stuck, nowNs);
  }

  /** Partitions of a cluster with fewer copies in sync than they should have, and partitions without a leader. */
  cluster(
    subject: string,
    { underReplicated, offline }: { readonly underReplicated: number; readonly offline: number },
    nowNs: number,
  ): void {
    this.#look('under-replicated', subject, underReplicated, nowNs);
    this.#look('offline', subject, offline, nowNs);
  }

  #at(rule: AlertRuleName, subject: string): Watched {
    const subjects = this.#watched.get(rule)!;
    let watched = subjects.get(subject);
    if (watched === undefined) {
      const numbers = this.rules[rule];
      watched = { alarm: new Alarm(numbers), growth: new Growth(numbers), stuck: new StuckPartitions(numbers) };
      subjects.set(subject, watched);
    }
    return watched;
  }

  #look(rule: AlertRuleName, subject: string, value: number | null, atNs: number): void {
    const change = this.#at(rule, subject).alarm.look(value, atNs);
    if (change === null) return;
    this.#onChange({ rule, subject, raised: change === 'raised', value: value!, atNs });
  }
}

/** Of nothing, any part is all too much, and none is none. */
function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : part > 0 ? Infinity : 0;
}
