import { textHash32 } from '../hash.ts';
import { type Acks, CLASSES, type ServiceClass } from '../record.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { ProducerOptions } from './options.ts';
import type { StreamOptions } from './stream-traits.ts';
import type { TopicView } from './topic-view.ts';

export interface Topic {
  readonly name: string;
  readonly defaultClass: number;
  readonly options: StreamOptions;
  /** Stream by class, −1 while it has none. */
  readonly streams: Int32Array;
  link: ClusterLink;
  view: TopicView | null;
  /** Its view is another cluster's, without leaders: partitions are dealt anew if this one has another number. */
  moved: boolean;
  /** Answers in a row that told of fewer partitions than are known. */
  fewer: number;
}

type Option<K extends keyof ProducerOptions> = ProducerOptions[K] | undefined;

export interface TopicsOptions {
  readonly classes: Option<'classes'>;
  readonly acksByTopic: Option<'acksByTopic'>;
  readonly tenants: Option<'tenants'>;
  readonly quotas: Option<'quotas'>;
  readonly streamsMax: Option<'streamsMax'>;
  readonly identity: string;
  readonly linkOf: (topic: string) => ClusterLink;
  /** Tells the core and the books; streams are numbered from 1, as 0 is for what belongs to no topic. */
  readonly onStream: (topic: Topic, serviceClass: number, identity: number) => number;
}

/** The topics that a producer has met, each with a stream for each class: bounded, as names come from outside. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #streamsMax: number;
  readonly #byName = new Map<string, Topic>();
  readonly #ofStream: (Topic | null)[] = [null];
  readonly #tenants: readonly string[];

  constructor(options: TopicsOptions) {
    this.#options = options;
    this.#streamsMax = options.streamsMax ?? 10_000;
    this.#tenants = Object.keys(options.quotas ?? {});
  }

  /** Rows that there are, that of no topic included. */
  get rows(): number {
    return this.#ofStream.length;
  }

  all(): Iterable<Topic> {
    return this.#byName.values();
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  ofStream(stream: number): Topic {
    return this.#ofStream[stream]!;
  }

  /** The stream of a topic's records of a class, the topic's own by default; −1 when there is no more room for one. */
  streamOf(name: string, serviceClass: ServiceClass | undefined): number {
    const topic = this.#byName.get(name) ?? this.meet(name);
    if (topic === null) return -1;
    const at = serviceClass === undefined ? topic.defaultClass : CLASSES.indexOf(serviceClass);
    const stream = topic.streams[at];
    return stream === -1 ? this.stream(topic, at) : stream;
  }

  /** The topic of this name, or null when there is no more room for one. */
  meet(name: string): Topic | null {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    // A topic without a stream is always given one at once, so that streams bound topics, too.
    if (this.#ofStream.length > this.#streamsMax) return null;
    const { classes, acksByTopic, tenants, linkOf } = this.#options;
    const tenant = own<string>(tenants, name);
    const topic: Topic = {
      name,
      defaultClass: CLASSES.indexOf(own<ServiceClass>(classes, name) ?? 'normal'),
      options: {
        acks: own<Acks>(acksByTopic, name),
        quota: tenant === undefined ? -1 : this.#tenants.indexOf(tenant),
      },
      streams: new Int32Array(CLASSES.length).fill(-1),
      link: linkOf(name),
      view: null,
      moved: false,
      fewer: 0,
    };
    this.#byName.set(name, topic);
    return topic;
  }

  /** The topic's stream of this class, or −1 when there is no more room for one. */
  stream(topic: Topic, serviceClass: number): number {
    const known = topic.streams[serviceClass];
    if (known !== -1) return known;
    // One is that of no topic.
    if (this.#ofStream.length > this.#streamsMax) return -1;
    this.#ofStream.push(topic);
    const identity = textHash32(`${this.#options.identity}/${topic.name}/${serviceClass}`) | 0;
    const stream = this.#options.onStream(topic, serviceClass, identity);
    topic.streams[serviceClass] = stream;
    return stream;
  }
}

/** Own keys only: a topic may be called "constructor". */
function own<T>(map: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}
