import PQueue from 'p-queue';
import { within } from '../clock.ts';
import { fraction, hash32, textHash32 } from '../hash.ts';
import type { Clock, PartitionLeader, ProducerPort, Timer } from '../ports.ts';
import type { RetryPolicy } from './policy.ts';
import { agedNs, nextQuestion } from './question-pace.ts';

export interface MetadataLoopOptions {
  readonly port: ProducerPort;
  readonly clock: Clock;
  /** Waits between questions about one topic, also when they were answered. */
  readonly retry: RetryPolicy;
  readonly timeoutNs: number;
  /** What is known is asked again after so long. */
  readonly maxAgeNs: number;
  readonly identity: number;
  readonly onLeaders: (topic: string, leaders: readonly PartitionLeader[]) => void;
  readonly onFailure: (topic: string, cause: unknown) => void;
}

/** Questions to the cluster at once: hundreds of topics start together, and a cluster that returns must not be stormed. A guess. */
const CONCURRENCY = 4;

/** More than a cluster has (KRaft was built for millions, a topic has thousands): above it, an answer is nonsense. */
const PARTITIONS_MAX = 1_000_000;

interface Topic {
  readonly name: string;
  asking: boolean;
  /** Questions in short order. */
  repeats: number;
  askedAtNs: number;
  /** Set while one is planned. */
  timer: Timer | null;
  /** Time of the planned question. */
  atNs: number;
  forgotten: boolean;
}

/** Keeps topics' metadata fresh: asks when wanted and when old, never twice at once, ever less often while it does not help. */
export class MetadataLoop {
  readonly #options: MetadataLoopOptions;
  readonly #topics = new Map<string, Topic>();
  /** Stands still while the port is not open. */
  readonly #queue = new PQueue({ concurrency: CONCURRENCY, autoStart: false });
  #closed = false;

  constructor(options: MetadataLoopOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#closed) this.#queue.start();
  }

  pause(): void {
    this.#queue.pause();
  }

  /** Somebody lacks a leader for the topic. Cheap to call again while a question is planned. */
  want(name: string): void {
    const { clock, retry, identity } = this.#options;
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { name, asking: false, repeats: 0, askedAtNs: -Infinity, timer: null, atNs: Infinity, forgotten: false };
      this.#topics.set(name, topic);
      this.#plan(topic, 0);
      return;
    }
    if (topic.asking) return;
    const draw = fraction(hash32(hash32(identity, textHash32(name)), topic.repeats));
    const { leftNs, repeats } = nextQuestion(topic, { nowNs: clock.nowNs(), retry, draw });
    topic.repeats = repeats;
    if (topic.timer !== null && topic.atNs <= clock.nowNs() + leftNs) return;
    this.#plan(topic, leftNs);
  }

  /** The topic is elsewhere now: no more questions about it. */
  forget(name: string): void {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    topic.forgotten = true;
    topic.timer?.cancel();
    this.#topics.delete(name);
  }

  close(): void {
    this.#closed = true;
    this.#queue.clear();
    for (const topic of this.#topics.values()) topic.timer?.cancel();
    this.#topics.clear();
  }

  #plan(topic: Topic, waitNs: number): void {
    if (this.#closed || topic.forgotten) return;
    const { clock } = this.#options;
    topic.timer?.cancel();
    topic.atNs = clock.nowNs() + waitNs;
    topic.timer = clock.after(waitNs, () => {
      topic.timer = null;
      topic.asking = true;
      void this.#queue.add(() => this.#ask(topic));
    });
  }

  async #ask(topic: Topic): Promise<void> {
    if (topic.forgotten) return;
    const { port, clock, timeoutNs, maxAgeNs, onLeaders, onFailure } = this.#options;
    topic.askedAtNs = clock.nowNs();
    topic.repeats++;
    try {
      const leaders = await within({ clock, limitNs: timeoutNs }, () => port.metadata(topic.name));
      topic.asking = false;
      if (this.#closed || topic.forgotten) return;
      checkLeaders(topic.name, leaders);
      // Planned before it is told, as the hearer may want it sooner.
      const nowNs = clock.nowNs();
      this.#plan(topic, agedNs(nowNs, maxAgeNs, nowNs) - nowNs);
      onLeaders(topic.name, leaders);
    } catch (cause) {
      topic.asking = false;
      if (this.#closed || topic.forgotten) return;
      onFailure(topic.name, cause);
      this.want(topic.name);
    }
  }
}

/** Throws when a client's answer about a topic is none. */
function checkLeaders(topic: string, leaders: readonly PartitionLeader[]): void {
  if (!Array.isArray(leaders) || leaders.length === 0) throw new Error(`no partitions known of topic ${topic}`);
  for (const each of leaders) {
    const { partition, leader } = (each ?? {}) as Partial<PartitionLeader>;
    const isPartition = Number.isInteger(partition) && partition! >= 0 && partition! < PARTITIONS_MAX;
    if (!isPartition || !Number.isInteger(leader)) {
      throw new Error(`topic ${topic}: expected partitions and leaders by number, got ${String(partition)}: ${leader}`);
    }
  }
}
