/**
 * The books, exact and made anew from the world as it stands: logs, buffers, requests on the way, sinks. Nothing here
 * is a counter that the model kept while it ran, but for what has ended outside of any of these (drops and unknowns).
 */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { DropCause } from '../../src/record.ts';
import { DROP_CAUSES } from '../../src/record.ts';
import { InvariantError } from '../engine/index.ts';
import type { Arrivals } from '../model/arrivals.ts';
import type { Clusters } from '../model/clusters.ts';
import { LOG_DUPLICATE_CAUSES } from '../model/clusters.ts';
import type { RouterFleet } from '../model/fleet/fleet.ts';
import { type RouteStanding, visitRoutes } from '../model/fleet/fleet-report.ts';
import { GIVEN_UP_CAUSES } from '../model/fleet/route-books.ts';
import type { ProducerFleet } from '../model/producer-fleet.ts';
import type { StreamPlan } from '../model/stream-plan.ts';
import type { Topology } from '../model/topology.ts';
import type { Counts, LedgerReport, RouteBook } from '../report/result.ts';
import { correctMoved } from './moved-copies.ts';
import { givenUpLosses, routeCopies, tailLosses } from './route-copies.ts';
import { addTo, type Tally, tallied } from './tally.ts';

const { B_INTS, B_N, B_STATE, B_STREAM } = BATCH;

/** One topic's producer leg. */
interface TopicBook {
  offered: number;
  stored: number;
  dropped: Tally<DropCause>;
  unknown: number;
  unknownStored: number;
  inFlight: number;
  duplicates: Tally;
  balanced: boolean;
}

export interface Books {
  readonly topics: readonly TopicBook[];
  readonly routes: readonly RouteBook[];
  readonly balanced: boolean;
}

export interface LedgerSources {
  readonly topology: Topology;
  readonly plan: StreamPlan;
  readonly arrivals: Arrivals;
  readonly fleet: ProducerFleet;
  readonly clusters: Clusters;
  readonly routers: RouterFleet;
  readonly sinks: readonly string[];
  /** Topics that producers write to: the first so many. */
  readonly frontingTopics: number;
  readonly nowNs: () => number;
}

export class Ledger {
  readonly #from: LedgerSources;
  /** By topic: those that stand for it. */
  readonly #places: number[][];

  constructor(sources: LedgerSources) {
    this.#from = sources;
    this.#places = Array.from({ length: sources.frontingTopics }, (_, topic) => sources.topology.placesOf(topic));
  }

  /** Looks at everything. Changes nothing. */
  take(): Books {
    const { fleet, frontingTopics } = this.#from;
    fleet.catchUp();
    const topics = Array.from(
      { length: frontingTopics },
      (): TopicBook => ({
        offered: 0,
        stored: 0,
        dropped: {},
        unknown: 0,
        unknownStored: 0,
        inFlight: 0,
        duplicates: {},
        balanced: false,
      }),
    );
    this.#countOffered(topics);
    this.#countBuffers(topics);
    this.#countLogs(topics);
    for (const book of topics) {
      book.balanced = book.offered === book.stored + tallied(book.dropped) + book.unknown + book.inFlight;
    }
    const routes = this.#routes();
    return { topics, routes, balanced: topics.every((book) => book.balanced) && routes.every((book) => book.balanced) };
  }

  /** Throws when a leg doesn't balance: a bug of ours, never of the scenario. */
  check(): Books {
    const books = this.take();
    if (books.balanced) return books;
    const lines: string[] = [];
    books.topics.forEach((book, topic) => {
      if (!book.balanced) lines.push(`topic ${this.#from.topology.topicNames[topic]}: ${JSON.stringify(book)}`);
    });
    for (const book of books.routes) if (!book.balanced) lines.push(`route ${JSON.stringify(book)}`);
    throw new InvariantError(`books do not balance at ${this.#from.nowNs()} ns: ${lines.slice(0, 5).join('; ')}`);
  }

  #countOffered(topics: TopicBook[]): void {
    const { plan, arrivals } = this.#from;
    for (let stream = 0; stream < plan.streams; stream++) {
      topics[plan.streamTopic[stream]].offered += arrivals.taken(stream);
    }
  }

  #countBuffers(topics: TopicBook[]): void {
    const { fleet, plan, nowNs } = this.#from;
    const { batches } = fleet.core;
    const atNs = nowNs();
    for (let batch = 0; batch < batches.used; batch++) {
      if (batches.ints[batch * B_INTS + B_STATE] === 0 || !fleet.books.inFlightAt(batch, atNs)) continue;
      topics[plan.streamTopic[batches.ints[batch * B_INTS + B_STREAM]]].inFlight += batches.ints[batch * B_INTS + B_N];
    }
    fleet.books.visitLeft(atNs, (topic, n) => {
      topics[topic].inFlight += n;
    });
    topics.forEach((book, topic) => {
      DROP_CAUSES.forEach((cause, index) => {
        addTo(book.dropped, cause, fleet.books.drops[topic * DROP_CAUSES.length + index]);
      });
      book.unknown = fleet.books.unknown[topic];
      book.unknownStored = fleet.books.unknownStored[topic];
      // It was in a log, if in one that nobody reads.
      book.stored += fleet.books.leftBehind[topic];
    });
  }

  #countLogs(topics: TopicBook[]): void {
    const { clusters, nowNs } = this.#from;
    const atNs = nowNs();
    topics.forEach((book, topic) => {
      for (const partition of this.#partitionsOf(topic)) {
        const log = clusters.logs[partition];
        const end = log.endOffsetAt(atNs);
        // Appends dated after the present haven't happened yet, nor have their duplicates.
        let copies = -log.duplicatesIn(end, log.endOffset());
        log.duplicates.forEach((n, cause) => {
          copies += n;
          addTo(book.duplicates, LOG_DUPLICATE_CAUSES[cause], n);
        });
        // Lost with a leader, and stored once more: counted where it was first.
        book.stored += end - copies - (log.lostTails?.storedAgainAt(atNs) ?? 0);
      }
    });
  }

  /** Wherever the topic is or was. */
  *#partitionsOf(topic: number): Generator<number> {
    const { topicFirstPartition, topicPartitions } = this.#from.topology;
    for (const place of this.#places[topic]) {
      const first = topicFirstPartition[place];
      for (let partition = first; partition < first + topicPartitions[place]; partition++) yield partition;
    }
  }

  /** For each sink: stored = delivered + lost + backlog, over all partitions that are routed to it. */
  #routes(): RouteBook[] {
    const { routers, clusters, sinks, nowNs } = this.#from;
    const books = sinks.map((sink) => ({
      sink,
      stored: 0,
      delivered: 0,
      duplicates: {} as Tally,
      lost: {} as Tally,
      backlog: 0,
      balanced: true,
    }));
    const moved = [...this.#from.fleet.books.eachStays()].map(([, stays]) => stays);
    const standings = sinks.map(() => new Map<number, RouteStanding>());
    const world = { fleet: routers, logs: (partition: number) => clusters.logs[partition], nowNs: nowNs() };
    visitRoutes(world, (at) => {
      if (moved.length > 0) standings[at.sink].set(at.partition, at);
      const book = books[at.sink];
      const view = { log: clusters.logs[at.partition], books: routers.books, nowNs: world.nowNs };
      const copies = routeCopies(at, view);
      book.stored += at.stored - copies.stored;
      book.delivered += at.delivered - copies.delivered;
      book.backlog += at.backlog - copies.backlog;
      const tails = tailLosses(at, view);
      for (const [cause, n] of Object.entries(tails)) addTo(book.lost, cause, n ?? 0);
      let retained = at.lost - copies.lost - tallied(tails);
      for (const cause of GIVEN_UP_CAUSES) {
        const n = givenUpLosses(at, view, cause);
        addTo(book.lost, cause, n);
        retained -= n;
      }
      addTo(book.lost, 'retention', retained);
      for (const [cause, n] of Object.entries(at.duplicates)) addTo(book.duplicates, cause, n);
      addTo(book.duplicates, 'stored-again', copies.deliveredAgain);
      if (at.stored !== at.delivered + at.lost + at.backlog) book.balanced = false;
    });
    const view = { logs: clusters.logs, books: routers.books, nowNs: world.nowNs };
    books.forEach((book, sink) => {
      correctMoved(book, (partition) => standings[sink].get(partition), moved, view);
    });
    this.#leftBehind(books);
    return books;
  }

  /** What a leader acknowledged that was none any more: no sink will have it. */
  #leftBehind(books: { stored: number; lost: Tally }[]): void {
    const { fleet, routers } = this.#from;
    for (const { topic, place, sinks } of routers.plan.jobs) {
      if (place !== topic) continue;
      const n = fleet.books.leftBehind[topic];
      if (n === 0) continue;
      for (const sink of sinks) {
        books[sink].stored += n;
        addTo(books[sink].lost, 'stale-leader', n);
      }
    }
  }
}

/** Totals over topics and routes, in the shape of the report. */
export function summarise(books: Books): LedgerReport {
  const dropped: Tally<DropCause> = {};
  const duplicates: Tally = {};
  const lost: Tally = {};
  let offered = 0;
  let stored = 0;
  let unknown = 0;
  let unknownStored = 0;
  let inFlight = 0;
  for (const book of books.topics) {
    offered += book.offered;
    stored += book.stored;
    unknown += book.unknown;
    unknownStored += book.unknownStored;
    inFlight += book.inFlight;
    for (const cause of DROP_CAUSES) addTo(dropped, cause, book.dropped[cause] ?? 0);
    for (const [cause, n] of Object.entries(book.duplicates)) addTo(duplicates, cause, n ?? 0);
  }
  for (const route of books.routes) {
    for (const [cause, n] of Object.entries(route.lost)) addTo(lost, cause, n ?? 0);
  }
  return {
    offered,
    stored,
    dropped: dropped as Counts<DropCause>,
    unknown,
    unknownStored,
    duplicates,
    lost,
    inFlight,
    balanced: books.balanced,
    routes: books.routes,
  };
}
