/** Watching a pipeline: what is lost, twice or late, and what is worth waking somebody. */
export { Alarm, type AlarmChange, type AlarmOptions } from './alarm.ts';
export { AlertBoard, type AlertChange, type PartialAlertRules } from './alert-board.ts';
export { ALERT_DEFAULTS, ALERT_RULES, type AlertRule, type AlertRuleName, type AlertRules } from './alert-rules.ts';
export { isSampled, windowOf } from './event-window.ts';
export { type HeartbeatNews, type HeartbeatOptions, type HeartbeatStanding, Heartbeats } from './heartbeats.ts';
export { type Finding, Reconciler, type ReconcilerOptions } from './reconciler.ts';
export { type SendLoss, SendLosses } from './send-losses.ts';
export { TierCounter, type TierCounterOptions, type TierReport } from './tier-counter.ts';
