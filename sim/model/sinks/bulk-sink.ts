import type { WriteResult } from '../../../src/router/policy.ts';
import { BulkServer } from './bulk-server.ts';
import { Outages } from './outages.ts';
import type { SinkModel, SinkSlowness } from './sink.ts';

/**
 * Whatever takes so many records a second from all its writers together. Elasticsearch: bulks beyond the queue are
 * rejected at once (HTTP 429), which is its normal state as it takes less than it is sent (T16), and what it has indexed
 * can be found from the next refresh on. A rate-limited sink lets everybody wait, and shows at once what it has.
 */
export class BulkSink implements SinkModel {
  readonly outages = new Outages();
  landNs = 0;
  visibleNs = 0;
  answerNs = 0;
  private readonly server: BulkServer;
  private readonly queueMax: number;
  private readonly nominalNs: number;
  private latencyNs: number;
  private readonly refreshNs: number;
  private servedEpoch = 0;

  constructor(options: {
    readonly recordsPerSecond: number;
    /** Bulks that wait or are being worked on; Infinity rejects none. */
    readonly queueMax: number;
    readonly latencyNs: number;
    /** Between two refreshes; 0 shows records as soon as they are there. */
    readonly refreshNs: number;
  }) {
    this.server = new BulkServer(options.recordsPerSecond);
    this.queueMax = options.queueMax;
    this.nominalNs = options.latencyNs;
    this.latencyNs = options.latencyNs;
    this.refreshNs = options.refreshNs;
  }

  accept(records: number, _bytes: number, nowNs: number): WriteResult {
    this.answerNs = nowNs + this.latencyNs;
    if (this.outages.stopped) return 'failed';
    if (this.servedEpoch !== this.outages.epoch) {
      this.servedEpoch = this.outages.epoch;
      this.server.clear(nowNs);
    }
    if (this.server.queuedAt(nowNs) >= this.queueMax) return 'rejected';
    this.landNs = this.server.serve(records, nowNs);
    this.visibleNs = this.refreshNs > 0 ? Math.ceil(this.landNs / this.refreshNs) * this.refreshNs : this.landNs;
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
