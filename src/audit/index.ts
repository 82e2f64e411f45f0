/** Watching a pipeline: what is worth waking somebody. */
export { Alarm, type AlarmChange, type AlarmOptions } from './alarm.ts';
export { AlertBoard, type AlertChange, type PartialAlertRules } from './alert-board.ts';
export { ALERT_DEFAULTS, ALERT_RULES, type AlertRule, type AlertRuleName, type AlertRules } from './alert-rules.ts';
