/** Writes down what happens to each record as it happens, to tell the story of one of them. Costs memory: for one run. */
import {
  FATE_UNKNOWN,
  OUTCOME_OK,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
  type Outcome,
} from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import { DROP_CAUSES } from '../../src/record.ts';
import type { RouteLossCause } from '../model/fleet/route-books.ts';
import type { Offer, RouteRange } from '../model/observer.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { RecordBook } from './record-book.ts';

const { R_HEAD, R_INTS } = REQUEST;

interface Event {
  readonly atNs: number;
  readonly text: string;
  /** Records that it is about; null for the world: faults, containers. */
  readonly records: readonly number[] | null;
}

const LOSSES: Readonly<Record<RouteLossCause, (sink: string) => string>> = {
  retention: (sink) => `retention had removed it before a router for ${sink} came`,
  refused: (sink) => `${sink} would never take it: dropped by its router`,
  'skipped-by-reset': (sink) => `passed over by a router for ${sink}, which was reset to the end of the log`,
  unwritten: (sink) => `was committed before ${sink} had it: nobody reads it again`,
};

export class StoryBook extends RecordBook {
  readonly #events: Event[] = [];
  /** Records of each request under way. */
  readonly #sent = new Map<number, readonly number[]>();
  readonly #unanswered = new Set<number>();
  readonly #batches = new Map<number, number[]>();
  /** How far each job's commits reached, by partition: a commit is told once for each record. */
  readonly #committed = new Map<string, number>();

  /** What happened to the record, and to the world meanwhile: one line each. */
  tell(record: number): string[] {
    const own = this.#events.filter(({ records }) => records?.includes(record) === true);
    const lastNs = own.reduce((latest, { atNs }) => Math.max(latest, atNs), 0);
    return lines(
      this.#events.filter((event) => own.includes(event) || (event.records === null && event.atNs <= lastNs)),
    );
  }

  /** Everything, in order: what `--trace` shows. */
  trace(): string[] {
    return lines(this.#events, (records) => ` [${spans(records)}]`);
  }

  override offered(offer: Offer): void {
    super.offered(offer);
    const { stream, admitted, batch, atNs } = offer;
    const { ordinal, refused, id } = this.records.at(-1)!;
    const { plan, scenario } = this.simulation;
    const topic = scenario.topics[plan.streamTopic[stream]!]!;
    const what = `producer ${plan.streamProducer[stream]} is offered record ${ordinal} of ${topic.name} (class ${topic.class})`;
    this.#note(atNs, `${what}: ${admitted > 0 ? 'buffered' : `dropped, ${DROP_CAUSES[refused]}`}`, [id]);
    if (admitted === 0) return;
    const records = this.#batches.get(batch) ?? [];
    this.#batches.set(batch, records);
    records.push(id);
  }

  override dropped(stream: number, n: number, cause: number, batch: number, nowNs: number): void {
    super.dropped(stream, n, cause, batch, nowNs);
    if (batch >= 0) this.#note(nowNs, `dropped from the buffer: ${DROP_CAUSES[cause]}`, this.#recordsOf(batch));
  }

  override sent(request: number, producer: number, broker: number, nowNs: number): void {
    const { requests } = this.simulation.producers.core;
    const records: number[] = [];
    for (let entry = requests.ints[request * R_INTS + R_HEAD]!; entry !== -1; entry = requests.after(entry)) {
      records.push(...this.#recordsOf(requests.batchOf(entry)));
    }
    const again = records.some((record) => this.#unanswered.has(record));
    this.#sent.set(request, records);
    for (const record of records) this.#unanswered.add(record);
    const how = again ? 'no answer in time: sent again' : 'sent';
    this.#note(nowNs, `producer ${producer}: ${how} to ${this.#broker(broker)}`, records);
  }

  override answered(request: number, outcome: Outcome, nowNs: number): void {
    const records = this.#sent.get(request) ?? [];
    for (const record of records) this.#unanswered.delete(record);
    this.#note(nowNs, ANSWERS[outcome] ?? 'refused', records);
  }

  override ended(batch: number, fate: number, nowNs: number): void {
    super.ended(batch, fate, nowNs);
    if (fate === FATE_UNKNOWN)
      this.#note(nowNs, 'given up: its producer does not know whether it was written', this.#recordsOf(batch));
  }

  override freed(batch: number): void {
    super.freed(batch);
    this.#batches.delete(batch);
  }

  override appended(batch: number, partition: number, base: number, n: number, atNs: number): void {
    const records = this.#recordsOf(batch);
    const copy = this.records[records[0]!]!.batch!.appends.some(({ stands }) => stands);
    super.appended(batch, partition, base, n, atNs);
    const where = `${this.#partition(partition)} at ${n === 1 ? `offset ${base}` : `offsets ${base} to ${base + n - 1}`}`;
    this.#note(atNs, copy ? `appended to ${where}: a second copy` : `appended to ${where}`, records);
  }

  override truncated(partition: number, from: number, to: number, nowNs: number): void {
    this.#note(nowNs, `${this.#partition(partition)} lost it: its leader stopped`, this.#within(partition, from, to));
    super.truncated(partition, from, to, nowNs);
  }

  override written(range: RouteRange, nowNs: number): void {
    this.#note(nowNs, `${this.#container(range)} writes it to ${this.#sink(range)}`, this.#inRange(range));
  }

  override delivered(range: RouteRange, nowNs: number): void {
    const copies = this.#inRange(range).filter((record) => this.has(range.sink, record));
    const firsts = this.#inRange(range).filter((record) => !this.has(range.sink, record));
    super.delivered(range, nowNs);
    this.#note(nowNs, `${this.#sink(range)} has it`, firsts);
    const taken = copies.filter((record) =>
      this.copies.some((copy) => copy.record === record && copy.sink === range.sink),
    );
    this.#note(nowNs, `${this.#sink(range)} has it again`, taken);
    this.#note(
      nowNs,
      `${this.#sink(range)} tells a copy and drops it`,
      copies.filter((record) => !taken.includes(record)),
    );
  }

  override lost(range: RouteRange, nowNs: number, cause: RouteLossCause): void {
    super.lost(range, nowNs, cause);
    this.#note(nowNs, LOSSES[cause](this.#sink(range)), this.#inRange(range));
  }

  override committed(partition: number, job: number, offset: number, nowNs: number): void {
    const key = `${job}/${partition}`;
    const from = this.#committed.get(key) ?? 0;
    if (offset <= from) return;
    this.#committed.set(key, offset);
    this.#note(nowNs, `committed as done, for ${this.#job(job)}`, this.#within(partition, from, offset));
  }

  override launched(container: number, job: number, nowNs: number): void {
    if (nowNs > 0)
      this.#note(nowNs, `container ${container} for ${this.#job(job)} runs again, from its last commits`, null);
  }

  override died(container: number, job: number, nowNs: number): void {
    this.#note(nowNs, `container ${container} for ${this.#job(job)} dies`, null);
  }

  override fault(fault: FaultSpec, begins: boolean, nowNs: number): void {
    const { kind, atNs: _, ...rest } = fault;
    const where = Object.entries(rest).filter(([key]) => key !== 'forNs');
    const what = [kind, ...where.map(([key, value]) => `${key} ${value}`)].join(', ');
    this.#note(nowNs, `FAULT ${what} ${begins ? 'begins' : 'ends'}`, null);
  }

  #note(atNs: number, text: string, records: readonly number[] | null): void {
    if (records === null || records.length > 0) this.#events.push({ atNs, text, records });
  }

  #recordsOf(batch: number): readonly number[] {
    return this.#batches.get(batch) ?? [];
  }

  #within(partition: number, from: number, to: number): number[] {
    const records: number[] = [];
    for (let offset = from; offset < to; offset++)
      if (this.at(partition, offset) >= 0) records.push(this.at(partition, offset));
    return records;
  }

  #inRange({ partition, from, to }: RouteRange): number[] {
    return this.#within(partition, from, to);
  }

  #broker(broker: number): string {
    const { topology } = this.simulation;
    const cluster = topology.brokerCluster[broker]!;
    return `broker ${broker - topology.clusterFirstBroker[cluster]!} of ${topology.clusters[cluster]!.name}`;
  }

  #partition(partition: number): string {
    const { topology } = this.simulation;
    const topic = topology.partitionTopic[partition]!;
    return `${topology.topicNames[topic]}/${partition - topology.topicFirstPartition[topic]!}`;
  }

  #job(index: number): string {
    const { scenario, routers } = this.simulation;
    const { topic, sinks } = routers.plan.jobs[index]!;
    return `${scenario.topics[topic]!.name} to ${sinks.map((sink) => scenario.sinks[sink]!.name).join(' and ')}`;
  }

  #sink({ sink }: RouteRange): string {
    return this.simulation.scenario.sinks[sink]!.name;
  }

  #container({ container }: RouteRange): string {
    return `container ${container}`;
  }
}

const ANSWERS: Partial<Record<Outcome, string>> = {
  [OUTCOME_OK]: 'acknowledged',
  [OUTCOME_UNKNOWN]: 'the connection broke: nobody says whether it was written',
  [OUTCOME_UNREACHABLE]: 'no connection: not sent',
};

function lines(events: readonly Event[], suffix?: (records: readonly number[]) => string): string[] {
  // An append is told ahead of its time.
  const sorted = events.map((event, i) => ({ event, i })).sort((a, b) => a.event.atNs - b.event.atNs || a.i - b.i);
  return sorted.map(({ event: { atNs, text, records } }) => {
    const about = suffix !== undefined && records !== null ? suffix(records) : '';
    return `${(atNs / 1e6).toFixed(3).padStart(11)} ms  ${text}${about}`;
  });
}

/** `3-5, 9`. */
function spans(records: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < records.length; ) {
    let end = i;
    while (records[end + 1] === records[end]! + 1) end++;
    parts.push(end === i ? `${records[i]}` : `${records[i]}-${records[end]}`);
    i = end + 1;
  }
  return parts.join(', ');
}
