/** Auditors: how they count, and how their reports travel. */
export interface AuditSpec {
  /** Where the topic of reports lies, by index. */
  readonly cluster: number;
  /** Whole milliseconds. */
  readonly windowNs: number;
  readonly graceNs: number;
  readonly settleNs: number;
  readonly delayNs: number;
  readonly holdNs: number;
  readonly keepNs: number;
}
