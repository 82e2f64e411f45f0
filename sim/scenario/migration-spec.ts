/** The pipeline that is being replaced, resolved: collectors beside Kafka, fed the same traffic. Part of `Scenario`. */
export interface MigrationSpec {
  /** The S3 sink that is compared: collectors put their files with its settings, and its faults strike them too. */
  readonly sink: string;
  readonly collectorsPerRegion: number;
  readonly client: {
    readonly queueRecords: number;
    readonly batchRecords: number;
    readonly batchTimeoutNs: number;
    readonly senders: number;
    readonly attempts: number;
    /** A collector that failed is left alone for so long. */
    readonly markDownNs: number;
  };
  readonly collector: {
    /** Message sets. */
    readonly queueSets: number;
    readonly recordsPerSecond: number;
    readonly sinkQueueRecords: number;
    readonly writeRecords: number;
    readonly writeTimeoutNs: number;
    readonly fileBytes: number;
    readonly fileAgeNs: number;
    readonly diskBytes: number;
    readonly diskFreeMin: number;
    readonly uploadRetryNs: number;
  };
  readonly branch: BranchSpec | null;
}

export interface BranchSpec {
  readonly sink: string;
  readonly queue: 'memory' | 'file';
  readonly queueRecords: number;
  readonly batchRecords: number;
  readonly lingerNs: number;
}
