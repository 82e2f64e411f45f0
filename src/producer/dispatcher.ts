import { within } from '../clock.ts';
import type { Clock, ProduceOutcome, ProducerPort, WireRecord } from '../ports.ts';
import { BATCH } from './batch-pool.ts';
import type { ProducerCore } from './core.ts';
import type { Observer } from './observer.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
  type Outcome,
} from './outcome.ts';
import { REQUEST } from './request-pool.ts';

const { R_BATCHES, R_BROKER, R_HEAD, R_INTS, R_SETTLED } = REQUEST;

const { B_INTS, B_PARTITION, B_STREAM } = BATCH;

const NS_PER_MS = 1_000_000;

/** One request of the core: a port call for each of its batches. */
interface Call {
  readonly sentAtNs: number;
  batchesLeft: number;
  /** Of the whole request: an answer from the broker outweighs silence, silence outweighs no connection. */
  answered: boolean;
  silent: boolean;
  unreachable: boolean;
}

export interface DispatcherOptions {
  readonly core: ProducerCore;
  readonly port: ProducerPort;
  readonly clock: Clock;
  /** Records of a batch, undefined once it is settled. */
  readonly payload: (batch: number) => readonly WireRecord[] | undefined;
  readonly topicOf: (stream: number) => string;
  readonly observer: Observer;
  /** Called after the core has heard an answer. */
  readonly onAnswer: () => void;
  /** A connection could not be made or broke, or nobody answered: the topic's leader may be another by now. */
  readonly onDoubt: (topic: string) => void;
}

/** Carries the core's requests to the port, batch by batch, and the port's answers to the core. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #outbox: number[] = [];
  /** Requests that the port has not answered, by broker, oldest first. */
  readonly #unanswered: Call[][] = [];
  /** Twice what the core keeps in flight: as many again may hang at the port after the core's time-out. */
  readonly #unansweredMax: number;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#unansweredMax = 2 * options.core.config.inFlightMax;
  }

  /** Takes note of a request; `drain` sends it, when the core is no longer on the stack. */
  add(request: number): void {
    this.#outbox.push(request);
  }

  get pending(): boolean {
    return this.#outbox.length > 0;
  }

  drain(): void {
    // An answer of the core to a refusal may add to the outbox: it is sent in the same go, and bounded by back-offs.
    for (let i = 0; i < this.#outbox.length; i++) this.#send(this.#outbox[i]);
    this.#outbox.length = 0;
  }

  #send(request: number): void {
    const { core, clock, payload, topicOf, onDoubt } = this.#options;
    const { requests } = core;
    const broker = requests.ints[request * R_INTS + R_BROKER];
    const nowNs = clock.nowNs();
    if (requests.ints[request * R_INTS + R_SETTLED] === 1) {
      core.onResult(request, OUTCOME_UNREACHABLE, nowNs);
      return;
    }
    const waiting = this.#waiting(broker, nowNs);
    if (waiting.length >= this.#unansweredMax) {
      // The port keeps the bytes of calls that hang. Without this bound a hung broker would collect the buffer again and again.
      const first = requests.batchOf(requests.ints[request * R_INTS + R_HEAD]);
      const topic = topicOf(core.batches.ints[first * B_INTS + B_STREAM]);
      core.onResult(request, OUTCOME_UNREACHABLE, nowNs);
      onDoubt(topic);
      return;
    }
    const call: Call = {
      sentAtNs: nowNs,
      batchesLeft: requests.ints[request * R_INTS + R_BATCHES],
      answered: false,
      silent: false,
      unreachable: false,
    };
    waiting.push(call);
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== -1; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      void this.#produce(request, batch, payload(batch) ?? [], call);
    }
  }

  /** Unanswered calls of the broker, without those too old to count on: a port that loses calls must not block it for ever. */
  #waiting(broker: number, nowNs: number): Call[] {
    const { deliveryTimeoutNs } = this.#options.core.config;
    const all = this.#unanswered[broker] ?? [];
    const waiting = all.filter((call) => call.batchesLeft > 0 && nowNs - call.sentAtNs < deliveryTimeoutNs);
    this.#unanswered[broker] = waiting;
    return waiting;
  }

  async #produce(request: number, batch: number, records: readonly WireRecord[], call: Call): Promise<void> {
    const { core, port, clock, topicOf, observer, onAnswer, onDoubt } = this.#options;
    const { requestTimeoutNs } = core.config;
    const acks = core.acksOf(request);
    const at = {
      topic: topicOf(core.batches.ints[batch * B_INTS + B_STREAM]),
      partition: core.batches.ints[batch * B_INTS + B_PARTITION],
      records,
    };
    const observed = observer.called(at.topic, batch, records.length);
    let outcome: Outcome;
    try {
      // Without a limit: the core has its own, and the answer may come after it. This only turns exceptions into rejections.
      const answer = await within({ clock, limitNs: Infinity }, () =>
        port.produce(at, { acks, timeoutMs: Math.ceil(requestTimeoutNs / NS_PER_MS) }),
      );
      outcome = outcomeOf(answer);
    } catch {
      outcome = OUTCOME_UNKNOWN;
    }
    observer.answered(observed, outcome);
    if (outcome === OUTCOME_UNREACHABLE) call.unreachable = true;
    else if (outcome === OUTCOME_UNKNOWN) call.silent = true;
    else call.answered = true;
    // Unreachable is told once for the whole request, as the core backs off by broker.
    if (outcome !== OUTCOME_UNREACHABLE) core.onBatchResult(request, batch, outcome, clock.nowNs());
    if (--call.batchesLeft === 0) core.onResult(request, overall(call), clock.nowNs());
    if (outcome === OUTCOME_UNREACHABLE || outcome === OUTCOME_UNKNOWN) onDoubt(at.topic);
    onAnswer();
  }
}

/** Batches that were settled one by one do not hear it; it says what became of the connection. */
function overall(call: Call): Outcome {
  if (call.unreachable) return OUTCOME_UNREACHABLE;
  return call.answered ? OUTCOME_OK : OUTCOME_UNKNOWN;
}

function outcomeOf(answer: ProduceOutcome): Outcome {
  if (answer.ok === true) return OUTCOME_OK;
  if (answer.fate !== 'not-written') return OUTCOME_UNKNOWN;
  if (answer.next === 'backoff') return OUTCOME_REFUSED_RETRY;
  if (answer.next === 'refresh-metadata') return OUTCOME_REFUSED_METADATA;
  if (answer.next === 'reconnect') return OUTCOME_UNREACHABLE;
  return answer.next === 'never' ? OUTCOME_REFUSED_FATAL : OUTCOME_UNKNOWN;
}
