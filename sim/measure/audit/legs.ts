/** Tiers that records pass in the simulated world, and the legs between them that auditors compare. */
import type { TopicSpec } from '../../scenario/scenario.ts';

export interface Leg {
  readonly topic: string;
  readonly from: string;
  readonly to: string;
}

export const PRODUCER = 'producer';
export const KAFKA = 'kafka';
const SINK = 'sink ';
export const sinkTier = (sink: string): string => `${SINK}${sink}`;
/** As people are shown it: a sink by its own name. */
export const tierTitle = (tier: string): string => (tier.startsWith(SINK) ? tier.slice(SINK.length) : tier);

export const legName = ({ topic, from, to }: Leg): string => `${topic}: ${from} → ${to}`;
export const toKafka = (topic: string): Leg => ({ topic, from: PRODUCER, to: KAFKA });
export const toSink = (topic: string, sink: string): Leg => ({ topic, from: KAFKA, to: sinkTier(sink) });

/** All that there are: where a topic doesn't go, nothing of it is missing. */
export function legsOf(topics: readonly Pick<TopicSpec, 'name' | 'routes'>[]): Leg[] {
  return topics.flatMap(({ name, routes }) => [toKafka(name), ...routes.map((sink) => toSink(name, sink))]);
}
