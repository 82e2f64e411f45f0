import type { Receipt } from '../../../src/producer/receipt.ts';
import type { DropCause } from '../../../src/record.ts';
import type { WatchedPort } from './watched-port.ts';
import type { OutageSpan } from './workload.ts';

/** What one run came to. Records, but for times. */
export interface Figures {
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: Readonly<Partial<Record<DropCause, number>>>;
  /** Given up without an answer. */
  readonly unknown: number;
  /** Neither when the run ended. */
  readonly inFlight: number;
  /** Second copies in the logs. */
  readonly duplicates: number;
  readonly requests: number;
  readonly recordsPerRequest: number;
  /** From the end of the outage to the first write that was answered on a partition that it had taken away. */
  readonly resumeMs: number;
  /** The longest time without an answered write on a partition that the outage left alone; NaN if it left none. */
  readonly gapMs: number;
}

export function figuresOf(about: {
  receipt: Receipt;
  port: WatchedPort;
  span: OutageSpan;
  startNs: number;
  /** Partitions that the outage takes away. */
  isHurt: (at: { topic: string; partition: number }) => boolean;
  /** Values of what is in the logs, by topic. */
  stored: ReadonlyMap<string, readonly number[]>;
}): Figures {
  const { receipt, port, span, startNs, isHurt, stored } = about;
  const endNs = startNs + span.atNs + span.forNs;
  const resumed = port.calls.filter((call) => call.ok && call.endNs >= endNs && isHurt(call));
  const resumedNs = resumed.reduce((first, call) => Math.min(first, call.endNs), Infinity);
  const duplicates = [...stored.values()].reduce((sum, values) => sum + values.length - new Set(values).size, 0);
  return {
    offered: receipt.offered,
    delivered: receipt.delivered,
    dropped: receipt.dropped,
    unknown: receipt.unknown,
    inFlight: receipt.buffered,
    duplicates,
    requests: port.requests,
    recordsPerRequest: port.recordsSent / Math.max(1, port.requests),
    resumeMs: (resumedNs - endNs) / 1_000_000,
    gapMs: longestGapNs(port, isHurt) / 1_000_000,
  };
}

function longestGapNs(port: WatchedPort, isHurt: (at: { topic: string; partition: number }) => boolean): number {
  const lastNs = new Map<string, number>();
  let longestNs = Number.NaN;
  for (const call of port.calls.filter((each) => each.ok && !isHurt(each)).sort((a, b) => a.endNs - b.endNs)) {
    const key = `${call.topic}/${call.partition}`;
    const gapNs = call.endNs - (lastNs.get(key) ?? call.endNs);
    if (!(gapNs <= longestNs)) longestNs = gapNs;
    lastNs.set(key, call.endNs);
  }
  return longestNs;
}

/** Of answered calls before the outage, or after it if it came first, ns; the first second is left out. */
export function calmLatencyNs(port: WatchedPort, { startNs, span }: { startNs: number; span: OutageSpan }): number {
  const S = 1_000_000_000;
  const calm =
    span.atNs > 2 * S ? [startNs + S, startNs + span.atNs] : [startNs + span.atNs + span.forNs + 5 * S, Infinity];
  const times = port.calls
    .filter((call) => call.ok && call.sentNs >= calm[0] && call.endNs < calm[1])
    .map((call) => call.endNs - call.sentNs)
    .sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}
