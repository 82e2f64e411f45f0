/** What an operator does to a running world, resolved: units are integer ns and bytes, names are those of clusters and topics. */

/** How copies are moved. */
export interface MovePace {
  /** Bytes a second that a broker may send, and may take, of copies out of sync (KIP-73); the largest exact integer for no bound. */
  readonly throttleBytesPerSecond: number;
  /** Partitions under way at a time. */
  readonly atOnce: number;
}

export type OperationSpec =
  | {
      readonly kind: 'add-brokers';
      readonly atNs: number;
      readonly cluster: string;
      readonly brokers: number;
      /** From one machine's taking an id until the next one's. */
      readonly turnNs: number;
    }
  | {
      readonly kind: 'add-partitions';
      readonly atNs: number;
      readonly cluster: string;
      readonly topic: string;
      readonly partitions: number;
      /** Where they go: to brokers that joined during the run, or to all. */
      readonly on: 'new-brokers' | 'all-brokers';
      /** Between two of them; 0: all in one change of metadata. */
      readonly everyNs: number;
    }
  | ({
      readonly kind: 'move-partitions';
      readonly atNs: number;
      readonly cluster: string;
      readonly topic: string | null;
    } & MovePace)
  | ({
      readonly kind: 'scale-down';
      readonly atNs: number;
      readonly cluster: string;
      readonly brokers: number;
    } & MovePace)
  | ({
      readonly kind: 'copies-change';
      readonly atNs: number;
      readonly cluster: string;
      readonly topic: string;
      readonly replicationFactor: number;
    } & MovePace)
  | {
      readonly kind: 'image-replacement';
      readonly atNs: number;
      readonly cluster: string;
      readonly downNs: number;
      readonly disk: 'kept' | 'lost';
    }
  | { readonly kind: 'retention-change'; readonly atNs: number; readonly topic: string; readonly retentionNs: number }
  | {
      readonly kind: 'class-change';
      readonly atNs: number;
      readonly topic: string;
      readonly class: 'low' | 'normal' | 'high';
    }
  | {
      readonly kind: 'quota-change';
      readonly atNs: number;
      readonly tenant: string;
      readonly recordsPerSecond?: number | undefined;
      readonly burstRecords?: number | undefined;
      readonly bytesPerSecond?: number | undefined;
      readonly burstBytes?: number | undefined;
    };
