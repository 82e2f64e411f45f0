/**
 * What Keystone's operators are woken by (T16), as rules with numbers. Those that T16 gives are its; what it leaves open
 * (windows, durations) is marked so where the defaults stand.
 */

export const ALERT_RULES = ['drops', 'lag', 'stuck-consumer', 'under-replicated', 'offline'] as const;
export type AlertRuleName = (typeof ALERT_RULES)[number];

export interface AlertRule {
  /** Raised above this: a share of 1 for `drops` and `lag`, partitions for the others. */
  readonly above: number;
  /** Over how long growth is taken, or how long a consumer may stand still, ns. Means nothing to the last two. */
  readonly windowNs: number;
  readonly forNs: number;
  readonly clearForNs: number;
}

export type AlertRules = Readonly<Record<AlertRuleName, AlertRule>>;

const MINUTE = 60_000_000_000;

export const ALERT_DEFAULTS: AlertRules = {
  /** T16: dropped over 1 % of what was offered. Window and durations are guesses. */
  drops: { above: 0.01, windowNs: 5 * MINUTE, forNs: MINUTE, clearForNs: 5 * MINUTE },
  /**
   * T16: lag over 0.1 %; of what came in over the window is our reading. 0.1 % of an hour is what comes in 3.6 s; mean
   * latency to S3 is 3 s (T16), so that a shorter window would never be quiet.
   */
  lag: { above: 0.001, windowNs: 60 * MINUTE, forNs: 5 * MINUTE, clearForNs: 5 * MINUTE },
  /** T16: a consumer stuck on a partition. How long is a guess. */
  'stuck-consumer': { above: 0, windowNs: 5 * MINUTE, forNs: 0, clearForNs: 0 },
  /** Brokers come and go with each restart: only a lasting lack is worth a page. A guess. */
  'under-replicated': { above: 0, windowNs: 0, forNs: 5 * MINUTE, clearForNs: 0 },
  /** T16 names the alert; at once, as nobody can write or read meanwhile: a convention. */
  offline: { above: 0, windowNs: 0, forNs: 0, clearForNs: 0 },
};
