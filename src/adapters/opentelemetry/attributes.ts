/**
 * Names of OpenTelemetry's semantic conventions for messaging, status Development as of version 1.45; they are held
 * against @opentelemetry/semantic-conventions by a test. What has no convention begins with `spillway.`.
 */
export const SENT_MESSAGES = 'messaging.client.sent.messages';
export const OPERATION_DURATION = 'messaging.client.operation.duration';
/** Of the operation's duration, s, as the conventions say. */
export const DURATION_BOUNDS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;

export const SYSTEM = 'messaging.system';
export const OPERATION_NAME = 'messaging.operation.name';
export const OPERATION_TYPE = 'messaging.operation.type';
export const DESTINATION_NAME = 'messaging.destination.name';
export const CLIENT_ID = 'messaging.client.id';
export const ERROR_TYPE = 'error.type';

export const RECORD_CLASS = 'spillway.record.class';
export const DROP_CAUSE = 'spillway.drop.cause';
export const FATE = 'spillway.fate';
export const REQUEST_OUTCOME = 'spillway.request.outcome';
export const CLUSTER = 'spillway.cluster';
