/**
 * keystone-2015 at a part of its size: traffic, streams, instances, brokers, containers and the rate of Elasticsearch all
 * shrink by one factor, so that each stream and each broker carries what it carries at full size. Answered as settings for
 * `spillway run keystone-2015 --set …`: what a bench measures can be looked at by itself.
 */
import { parseQuantity } from '../sim/scenario/index.ts';
import { keystone2015 } from '../sim/scenario/presets/keystone-2015.ts';

/** Topics at least: with fewer the busiest has more streams than there are instances. */
const TOPICS_MIN = 40;

/**
 * @param scale part of 8 M records/s, in (0, 1]; down to 1/125 a cluster of each class still has a broker for each copy
 */
export function scaledKeystone(scale: number): string[] {
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`scale: expected a number in (0, 1], got ${scale}`);
  if (scale === 1) return [];
  const { clusters, topics, producers, sinks, traffic } = keystone2015;
  const part = (whole: number, least = 1): number => Math.max(least, Math.round(whole * scale));
  const topicCount = part(topics.count, TOPICS_MIN);
  return [
    `traffic.rate=${recordRate(traffic.rate) * scale}/s`,
    `topics.count=${topicCount}`,
    `producers.instances=${part(producers.instances)}`,
    `producers.streams=${part(producers.streams)}`,
    ...Object.entries(clusters).flatMap(([name, { count, brokers, replicationFactor }]) => {
      // Fewer clusters before smaller ones: over how many brokers a topic's records scatter decides how they batch.
      const all = Math.max(replicationFactor, Math.round(count * brokers * scale));
      const clustersLeft = Math.ceil(all / brokers);
      return [
        `clusters.${name}.count=${clustersLeft}`,
        `clusters.${name}.brokers=${Math.max(replicationFactor, Math.round(all / clustersLeft))}`,
      ];
    }),
    // A container serves one topic.
    ...Object.entries(sinks).map(
      ([name, { router }]) => `sinks.${name}.router.containers=${part(router.containers, topicCount)}`,
    ),
    `sinks.elasticsearch.rate=${recordRate(sinks.elasticsearch.rate) * scale}/s`,
    `sinks.elasticsearch.queue=${part(sinks.elasticsearch.queue)}`,
  ];
}

function recordRate(text: string): number {
  const parsed = parseQuantity('recordRate', text);
  if (!('value' in parsed)) throw new Error(`${text}: expected ${parsed.expected}`);
  return parsed.value;
}
