/** How producers learn who leads: their first question, those that they ask in trouble, and what they are told. */
import type { ProducerCore } from '../../src/producer/core.ts';
import { agedNs, nextQuestion } from '../../src/producer/question-pace.ts';
import { TopicView } from '../../src/producer/topic-view.ts';
import { type Engine, hash32 } from '../engine/index.ts';
import type { Copies } from './copies.ts';
import type { StreamPlaces } from './stream-places.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

const NONE = -1;
/** Which question an event is: one of its own time, one after those that nobody answered, or for the age of what is known. */
const FIRST_QUESTION = 0;
const NEXT_QUESTION = 1;
const UNANSWERED = 2;
const AGED = 3;
/** Beside those: of a topic that is in another cluster now. */
const MOVED = 4;
/** A view of a cluster that was not asked yet: any other is later. */
const UNASKED = -1;

export interface ProducerMetadataOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly copies: Copies;
  readonly ways: Ways;
  readonly core: ProducerCore;
  readonly plan: StreamPlan;
  readonly places: StreamPlaces;
  readonly seed: number;
  readonly metadataNs: number;
  /** A producer asks again after so long, whatever happens. */
  readonly metadataMaxAgeNs: number;
  /** One way to whichever broker is asked later on. */
  readonly metadataTripNs: number;
  readonly isCutOff: (cluster: number) => boolean;
  /** Hands over everything of a producer up to now. */
  readonly catchUp: (producer: number) => void;
  readonly look: (producer: number) => void;
}

/** How first questions for a cluster fail. */
type MetadataFailure = 'refused' | 'silent';

export class ProducerMetadata {
  readonly #from: ProducerMetadataOptions;
  readonly #kind: number;
  readonly #views: TopicView[];
  /** By view, which of its topic's it is: one that has a later one takes no earlier one. */
  readonly #versions = new WeakMap<TopicView, number>();
  /** What brokers still tell that have lost their controllers: by broker and topic. */
  readonly #stale = new Map<number, Map<number, TopicView>>();
  /** By producer: when it asked last; Infinity while it asks. */
  #askedNs = new Float64Array(0);
  /** By producer: when it was last answered; −Infinity: as of old. */
  #answeredNs = new Float64Array(0);
  /** Questions in short order. */
  #repeats = new Int32Array(0);
  /** By producer: draws of a broker to ask. */
  readonly #questions: Int32Array;
  /** Producers that will ask as what they know is old. */
  readonly #ageing = new Set<number>();
  /** By cluster: what first questions meet, while they don't get through. */
  readonly #failures = new Map<number, MetadataFailure>();

  constructor(options: ProducerMetadataOptions) {
    this.#from = options;
    this.#questions = new Int32Array(options.plan.producers);
    this.#kind = options.engine.kind('producer metadata', (producer, question) => this.#onQuestion(producer, question));
    this.#views = Array.from({ length: options.topology.topics }, (_, topic) => this.#viewOf(topic));
  }

  start(producer: number): void {
    this.#from.engine.schedule(this.#firstNs(producer), this.#kind, producer, 0, FIRST_QUESTION);
  }

  /** Brokers answer with the topic's leaders as they are now, but for those that don't hear of it. */
  changed(topic: number): void {
    const { topology } = this.#from;
    const cluster = topology.topicCluster[topic];
    const first = topology.clusterFirstBroker[cluster];
    for (let broker = first; broker < first + topology.clusterBrokers[cluster]; broker++) {
      if (!this.#isStale(broker)) continue;
      const told = this.#stale.get(broker) ?? new Map<number, TopicView>();
      this.#stale.set(broker, told);
      if (!told.has(topic)) told.set(topic, this.#views[topic]);
    }
    const before = this.#views[topic];
    this.#views[topic] = this.#viewOf(topic);
    this.#versions.set(this.#views[topic], this.#version(before) + 1);
    if (this.#views[topic].leaders.length > before.leaders.length) this.#grown(topic);
  }

  /** New partitions are nothing that a producer stumbles over: it finds them when what it knows is too old. */
  #grown(topic: number): void {
    const { places, plan } = this.#from;
    for (let stream = 0; stream < plan.streams; stream++) {
      if (places.of(stream) === topic) this.#ages(plan.streamProducer[stream]);
    }
  }

  /** Brokers have lost their controllers, or know again what they missed. */
  newsChanged(): void {
    for (const broker of this.#stale.keys()) if (!this.#isStale(broker)) this.#stale.delete(broker);
  }

  /** It runs, and hears nothing. */
  #isStale(broker: number): boolean {
    const { copies } = this.#from;
    return !copies.isDown(broker) && (copies.news.isAway(broker) || copies.news.hasLeft(broker));
  }

  /** Producers that know nothing of the cluster yet don't learn it: names are not resolved, or nobody answers. */
  fail(cluster: number, how: MetadataFailure): void {
    this.#failures.set(cluster, how);
  }

  answerAgain(cluster: number): void {
    this.#failures.delete(cluster);
  }

  /** Its leader is none any more and doesn't say so: it will ask when what it knows is too old. */
  misled(producer: number): void {
    this.#ages(producer);
  }

  #ages(producer: number): void {
    if (this.#ageing.has(producer)) return;
    this.#ageing.add(producer);
    const { engine } = this.#from;
    engine.schedule(this.#agedNs(producer, engine.nowNs), this.#kind, producer, 0, AGED);
  }

  /** When what it knows is too old, the first time after `nowNs`. */
  #agedNs(producer: number, nowNs: number): number {
    const { metadataMaxAgeNs, seed } = this.#from;
    this.#noteQuestions();
    const answeredNs = this.#answeredNs[producer];
    if (answeredNs > -Infinity) return agedNs(answeredNs, metadataMaxAgeNs, nowNs);
    // As if instances had started at any time before the run, and asked ever since.
    const before = Math.floor(metadataMaxAgeNs * (hash32(seed, producer, 0x0a) / 4294967296));
    return agedNs(this.#firstNs(producer) - before, metadataMaxAgeNs, nowNs);
  }

  /** The stream's topic is in another cluster: until that was asked, batches have nowhere to go, as the driver's `Routing` has it. */
  moved(stream: number): void {
    const { core, places, topology, engine } = this.#from;
    if (core.streams.views[stream] === null) return;
    const unled = new TopicView(new Int32Array(topology.topicPartitions[places.of(stream)]).fill(NONE));
    this.#versions.set(unled, UNASKED);
    core.onMetadata(stream, unled, engine.nowNs);
  }

  /** After `moved`, for all streams of the producer: clusters are asked at once. */
  askMoved(producer: number): void {
    const { engine, metadataTripNs } = this.#from;
    engine.schedule(engine.nowNs + 2 * metadataTripNs, this.#kind, producer, 1, MOVED);
  }

  /**
   * One question at a time, ever less often while that does not help, as the library's own driver asks; the answer tells
   * what is known when it is given. First metadata comes by itself.
   */
  ask(producer: number): void {
    const { engine, core, plan, seed, metadataTripNs } = this.#from;
    const { nowNs } = engine;
    const { firstStream } = plan;
    for (let stream = firstStream[producer]; stream < firstStream[producer + 1]; stream++) {
      if (core.streams.views[stream] === null) return;
    }
    this.#noteQuestions();
    if (this.#askedNs[producer] === Infinity) return;
    const draw = hash32(seed, producer, this.#repeats[producer]) / 4294967296;
    const asked = { repeats: this.#repeats[producer], askedAtNs: this.#askedNs[producer] };
    const { leftNs, repeats } = nextQuestion(asked, { nowNs, retry: core.config.retry, draw });
    this.#repeats[producer] = repeats + 1;
    this.#askedNs[producer] = Infinity;
    const atNs = nowNs + Math.ceil(leftNs) + 2 * metadataTripNs;
    engine.schedule(atNs, this.#kind, producer, 0, NEXT_QUESTION);
  }

  /** Nobody answers: the next question waits as the driver's next attempt to connect does. */
  #askUnanswered(producer: number, silent: boolean): void {
    const { engine, core, seed } = this.#from;
    this.#noteQuestions();
    const repeats = ++this.#repeats[producer];
    const draw = hash32(seed, producer, repeats) / 4294967296;
    const waitNs = Math.max(1, core.config.reconnect.backoffNs(repeats, draw));
    const silentNs = silent ? core.config.requestTimeoutNs : 0;
    this.#askedNs[producer] = Infinity;
    engine.schedule(engine.nowNs + silentNs + waitNs, this.#kind, producer, 0, UNANSWERED);
  }

  #onQuestion(producer: number, question: number): void {
    const { engine, core, plan, places, topology, metadataTripNs } = this.#from;
    const { nowNs } = engine;
    if (question === AGED) {
      const dueNs = this.#agedNs(producer, nowNs - 1);
      if (dueNs > nowNs) {
        // It has been answered meanwhile: what it knows is not so old.
        engine.schedule(dueNs, this.#kind, producer, 0, AGED);
        return;
      }
      this.#ageing.delete(producer);
    } else if (question === NEXT_QUESTION) this.#askedNs[producer] = nowNs - 2 * metadataTripNs;
    else if (question === UNANSWERED) this.#askedNs[producer] = nowNs;
    this.#from.catchUp(producer);
    let missing = false;
    let silent = false;
    let gaps = false;
    for (let stream = plan.firstStream[producer]; stream < plan.firstStream[producer + 1]; stream++) {
      const topic = places.of(stream);
      const known = core.streams.views[stream];
      const failure = this.#isUnasked(known) ? this.#failures.get(topology.topicCluster[topic]) : undefined;
      const view = failure === undefined ? this.#answer(producer, topic) : null;
      silent ||= failure === 'silent';
      if (view === null && known !== this.#views[topic]) {
        missing = true;
        continue;
      }
      const told = view ?? this.#views[topic];
      const newer = known === null || this.#version(told) > this.#version(known);
      if (newer) core.onMetadata(stream, told, nowNs);
      if (told.available.length < told.leaders.length || told.leaders[0] === NONE) gaps = true;
    }
    core.onTime(producer, nowNs);
    this.#from.look(producer);
    if (!missing && question !== FIRST_QUESTION) {
      this.#noteQuestions();
      this.#answeredNs[producer] = nowNs;
    }
    if (question === AGED) {
      // Nobody answered, or who did doesn't know better.
      if (missing || this.#isBehind(producer)) this.#ages(producer);
      return;
    }
    // It is asking already.
    if (question === MOVED && this.#askedNs[producer] === Infinity) return;
    if (question === (missing ? NEXT_QUESTION : UNANSWERED)) this.#repeats[producer] = 0;
    if (missing) this.#askUnanswered(producer, silent);
    // A partition without a leader is asked for until it has one.
    else if (gaps) this.ask(producer);
  }

  /** What a broker of the topic's cluster says, any that answers; null if none does. */
  #answer(producer: number, topic: number): TopicView | null {
    const { topology, copies, ways, plan, seed, isCutOff } = this.#from;
    const cluster = topology.topicCluster[topic];
    if (isCutOff(cluster) || !copies.answers(cluster)) return null;
    if (!ways.troubled && this.#stale.size === 0) return this.#views[topic];
    const here = ways.applications(plan.producerZone[producer]);
    const first = topology.clusterFirstBroker[cluster];
    const answering: number[] = [];
    for (let broker = first; broker < first + topology.clusterBrokers[cluster]; broker++) {
      if (copies.isDown(broker) || copies.isHung(broker) || ways.isBroken(here, ways.broker(broker))) continue;
      answering.push(broker);
    }
    if (answering.length === 0) return null;
    const broker = answering[hash32(seed ^ 0x6d, producer, this.#questions[producer]++) % answering.length];
    if (!this.#isStale(broker)) this.#stale.delete(broker);
    return this.#stale.get(broker)?.get(topic) ?? this.#views[topic];
  }

  #viewOf(topic: number): TopicView {
    const { topicFirstPartition, topicPartitions, partitionLeader, partitionOffline } = this.#from.topology;
    const first = topicFirstPartition[topic];
    const leaders = partitionLeader.slice(first, first + topicPartitions[topic]);
    for (let i = 0; i < leaders.length; i++) if (partitionOffline[first + i] === 1) leaders[i] = NONE;
    return new TopicView(leaders);
  }

  /** Nothing is known of the cluster that it sends to. */
  #isUnasked(known: TopicView | null): boolean {
    return known === null || this.#version(known) === UNASKED;
  }

  #isBehind(producer: number): boolean {
    const { core, places, plan } = this.#from;
    for (let stream = plan.firstStream[producer]; stream < plan.firstStream[producer + 1]; stream++) {
      const known = core.streams.views[stream];
      if (known !== null && known.leaders.length < this.#views[places.of(stream)].leaders.length) return true;
    }
    return false;
  }

  #version(view: TopicView): number {
    return this.#versions.get(view) ?? 0;
  }

  #firstNs(producer: number): number {
    return Math.floor(this.#from.metadataNs * (hash32(this.#from.seed, producer, 0x3e) / 4294967296));
  }

  #noteQuestions(): void {
    if (this.#askedNs.length > 0) return;
    this.#askedNs = new Float64Array(this.#from.plan.producers).fill(-Infinity);
    this.#answeredNs = new Float64Array(this.#from.plan.producers).fill(-Infinity);
    this.#repeats = new Int32Array(this.#from.plan.producers);
  }
}
