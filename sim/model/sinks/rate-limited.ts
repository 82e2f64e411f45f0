import type { WriteResult } from '../../../src/router/policy.ts';
import { BulkServer } from './bulk-server.ts';
import { Outages } from './outages.ts';
import type { SinkModel, SinkSlowness } from './sink.ts';

/** Anything that takes so many records a second, lets writers wait and refuses none. */
export class RateLimited implements SinkModel {
  readonly outages = new Outages();
  landNs = 0;
  visibleNs = 0;
  answerNs = 0;
  private readonly server: BulkServer;
  private readonly nominalNs: number;
  private latencyNs: number;
  private servedEpoch = 0;

  constructor(options: { readonly recordsPerSecond: number; readonly latencyNs: number }) {
    this.server = new BulkServer(options.recordsPerSecond);
    this.nominalNs = options.latencyNs;
    this.latencyNs = options.latencyNs;
  }

  accept(records: number, _bytes: number, nowNs: number): WriteResult {
    this.answerNs = nowNs + this.latencyNs;
    if (this.outages.stopped) return 'failed';
    if (this.servedEpoch !== this.outages.epoch) {
      this.servedEpoch = this.outages.epoch;
      this.server.clear(nowNs);
    }
    this.landNs = this.server.serve(records, nowNs);
    this.visibleNs = this.landNs;
    this.answerNs = this.landNs + this.latencyNs;
    return 'ok';
  }

  refuse(nowNs: number): void {
    this.answerNs = nowNs + this.latencyNs;
  }

  slow({ rate, latency }: SinkSlowness): void {
    this.server.slow(rate);
    this.latencyNs = Math.round(this.nominalNs * latency);
  }
}
