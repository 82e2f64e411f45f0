/** Clocks of applications are off, so that records are stamped with another time. */
export interface ClockSkewSpec {
  readonly kind: 'clock-skew';
  readonly atNs: number;
  readonly forNs: number;
  /** Null for all. */
  readonly region: string | null;
  /** Number in the region; null for all of it. */
  readonly zone: number | null;
  /** Below 0: behind. */
  readonly aheadNs: number;
}

/** What breaks around the brokers, resolved: sinks, neighbours, hosts of routers. Part of `FaultSpec`. */
export type HazardSpec =
  | ClockSkewSpec
  | {
      /** Turns down a share of the writes, for the time being or for good. */
      readonly kind: 'sink-reject';
      readonly atNs: number;
      readonly forNs: number;
      readonly sink: string;
      readonly share: number;
      readonly manner: 'retriable' | 'for-good';
    }
  | {
      readonly kind: 'sink-slow';
      readonly atNs: number;
      readonly forNs: number;
      readonly sink: string;
      /** How many times slower each is. */
      readonly rate: number;
      readonly latency: number;
    }
  | {
      readonly kind: 'router-host-crash';
      readonly atNs: number;
      readonly host: number;
      readonly containersPerHost: number;
    }
  | {
      /** The applications write so many times more, whatever the shape of traffic says. */
      readonly kind: 'surge';
      readonly atNs: number;
      readonly forNs: number;
      readonly factor: number;
      /** By name; null for all. */
      readonly topics: readonly string[] | null;
    }
  | {
      /** Of the pipeline that is being replaced. */
      readonly kind: 'collector-kill';
      readonly atNs: number;
      readonly forNs: number;
      /** Over all regions. */
      readonly collector: number;
      readonly disk: 'kept' | 'lost';
    };
