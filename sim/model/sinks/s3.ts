import type { WriteResult } from '../../../src/router/policy.ts';
import { Outages } from './outages.ts';
import type { SinkModel, SinkSlowness } from './sink.ts';

/** Object storage: each put has its own connection, so puts don't queue for each other; it takes all, and shows it later. */
export class S3 implements SinkModel {
  readonly outages = new Outages();
  landNs = 0;
  visibleNs = 0;
  answerNs = 0;
  private readonly nominal: { readonly putLatencyNs: number; readonly nsPerByte: number };
  private putLatencyNs: number;
  private nsPerByte: number;
  private readonly visibilityDelayNs: number;

  constructor(options: {
    readonly putLatencyNs: number;
    readonly putBytesPerSecond: number;
    /** S3 was eventually consistent until December 2020 (T14). */
    readonly visibilityDelayNs: number;
  }) {
    this.putLatencyNs = options.putLatencyNs;
    this.nsPerByte = 1e9 / options.putBytesPerSecond;
    this.nominal = { putLatencyNs: this.putLatencyNs, nsPerByte: this.nsPerByte };
    this.visibilityDelayNs = options.visibilityDelayNs;
  }

  accept(_records: number, bytes: number, nowNs: number): WriteResult {
    this.answerNs = nowNs + this.putLatencyNs;
    if (this.outages.stopped) return 'failed';
    this.answerNs += Math.ceil(bytes * this.nsPerByte);
    this.landNs = this.answerNs;
    this.visibleNs = this.landNs + this.visibilityDelayNs;
    return 'ok';
  }

  refuse(nowNs: number): void {
    this.answerNs = nowNs + this.putLatencyNs;
  }

  slow({ rate, latency }: SinkSlowness): void {
    this.putLatencyNs = Math.round(this.nominal.putLatencyNs * latency);
    this.nsPerByte = this.nominal.nsPerByte * rate;
  }
}
