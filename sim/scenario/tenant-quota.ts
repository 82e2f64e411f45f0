/** A token bucket, as `Quota` of the producer says; what is absent is not bounded, or a second's worth. */
export interface TenantQuota {
  readonly tenant: string;
  readonly recordsPerSecond?: number | undefined;
  readonly burstRecords?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly burstBytes?: number | undefined;
}
