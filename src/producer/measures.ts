/** What the driver measures beside the book: calls of the client, and how long things took. By call or batch, never by record. */
import { Histogram, type HistogramSnapshot } from '../histogram.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNREACHABLE,
  type Outcome,
} from './outcome.ts';

/**
 * How a call of the client ended. `refused`: the cluster said no; `unreachable`: nothing left the process; `unknown`:
 * time-out, or the connection broke.
 */
export const REQUEST_OUTCOMES = ['ok', 'refused', 'unreachable', 'unknown'] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

export const FATES = ['delivered', 'unknown', 'dropped'] as const;
export type Fate = (typeof FATES)[number];

const MS = 1_000_000;
const KIB = 1_024;

/**
 * From a quick answer to the default time-outs of request (30 s) and delivery (120 s). In between, the bounds of
 * OpenTelemetry's `messaging.client.operation.duration`.
 */
const LATENCY_BOUNDS_NS = [
  1, 2.5, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 30_000, 60_000, 120_000,
].map((ms) => ms * MS);
const RECORDS_BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
/** Around the default batch of 16 KiB, up to the default limit of a record. */
const BYTES_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 256, 1_024].map((kib) => kib * KIB);

export interface RequestMeasures {
  /** Calls of the client so far; each carries one batch to one partition. */
  readonly sent: number;
  /** Those among them that carried a batch which an earlier call had tried to write. */
  readonly retries: number;
  /** Calls that the client has not settled; those that the producer has given up, and hang, are among them. */
  readonly inFlight: number;
  /** Settled calls. `sent` is their sum and `inFlight`. */
  readonly byOutcome: Readonly<Record<RequestOutcome, number>>;
  /** From a call to its answer, ns; one a settled call. */
  readonly latencyNs: HistogramSnapshot;
  /** Records a call. */
  readonly records: HistogramSnapshot;
  /** Bytes a call: payload × `compressionRatio`, as batches are filled by. */
  readonly bytes: HistogramSnapshot;
}

export class ProducerMeasures {
  #sent = 0;
  #retries = 0;
  readonly #byOutcome = REQUEST_OUTCOMES.map(() => 0);
  readonly #latencyNs = new Histogram(LATENCY_BOUNDS_NS);
  readonly #records = new Histogram(RECORDS_BOUNDS);
  readonly #bytes = new Histogram(BYTES_BOUNDS);
  readonly #ageNs = FATES.map(() => new Histogram(LATENCY_BOUNDS_NS));

  called({ records, bytes, retry }: { records: number; bytes: number; retry: boolean }): void {
    this.#sent++;
    if (retry) this.#retries++;
    this.#records.record(records);
    this.#bytes.record(bytes);
  }

  answered(outcome: RequestOutcome, latencyNs: number): void {
    this.#byOutcome[REQUEST_OUTCOMES.indexOf(outcome)]++;
    this.#latencyNs.record(latencyNs);
  }

  /** A batch of n records is over; the ages are its last and its first record's. */
  settled(fate: Fate, n: number, { youngestNs, oldestNs }: { youngestNs: number; oldestNs: number }): void {
    this.#ageNs[FATES.indexOf(fate)].recordSpread(youngestNs, oldestNs, n);
  }

  requests(): RequestMeasures {
    const [ok, refused, unreachable, unknown] = this.#byOutcome;
    return Object.freeze({
      sent: this.#sent,
      retries: this.#retries,
      inFlight: this.#sent - ok - refused - unreachable - unknown,
      byOutcome: Object.freeze({ ok, refused, unreachable, unknown }),
      latencyNs: this.#latencyNs.snapshot(),
      records: this.#records.snapshot(),
      bytes: this.#bytes.snapshot(),
    });
  }

  timeInBufferNs(): Readonly<Record<Fate, HistogramSnapshot>> {
    const [delivered, unknown, dropped] = this.#ageNs.map((histogram) => histogram.snapshot());
    return Object.freeze({ delivered, unknown, dropped });
  }
}

export function requestOutcomeOf(outcome: Outcome): RequestOutcome {
  if (outcome === OUTCOME_OK) return 'ok';
  if (outcome === OUTCOME_UNREACHABLE) return 'unreachable';
  const refused =
    outcome === OUTCOME_REFUSED_RETRY || outcome === OUTCOME_REFUSED_METADATA || outcome === OUTCOME_REFUSED_FATAL;
  return refused ? 'refused' : 'unknown';
}
