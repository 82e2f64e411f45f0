/** Which application instance publishes to which topics, and from where: streams dealt out to producers. */

import type { StreamOptions } from '../../src/producer/stream-traits.ts';
import { CLASSES } from '../../src/record.ts';
import { hash32 } from '../engine/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Topology } from './topology.ts';

export interface StreamPlan {
  readonly producers: number;
  readonly streams: number;
  readonly producerZone: Int32Array;
  /** First stream of each producer, and past the last one at the end. */
  readonly firstStream: Int32Array;
  readonly streamProducer: Int32Array;
  readonly streamTopic: Int32Array;
  readonly streamClass: Int32Array;
  /** Acknowledgements and quota of a topic's streams. */
  readonly topicOptions: readonly StreamOptions[];
  /** 32 bits, the seed mixed in: all of a stream's draws follow from it. */
  readonly streamIdentity: Int32Array;
}

/**
 * Deals each region's streams round its instances, topic by topic, so that an instance has a topic at most once as long
 * as no topic has more streams than the region has instances. Instances are shared out by streams and alternate zones.
 */
export function planStreams(scenario: Scenario, topology: Topology): StreamPlan {
  const regions = scenario.regions.length;
  const tenants = scenario.producers.policy.quotas.map(({ tenant }) => tenant);
  const byRegion: number[][] = Array.from({ length: regions }, () => []);
  scenario.topics.forEach((topic, index) => {
    const region = scenario.regions.findIndex(
      (each) => each.name === topology.clusters[topology.topicCluster[index]].region,
    );
    for (let i = 0; i < topic.streams; i++) byRegion[region].push(index);
  });
  const total = byRegion.reduce((sum, topics) => sum + topics.length, 0);
  const streamTopic = new Int32Array(total);
  const streamProducer = new Int32Array(total);
  const firstStream: number[] = [0];
  const producerZone: number[] = [];
  let stream = 0;
  let instancesLeft = scenario.producers.instances;
  let streamsLeft = total;
  for (let region = 0; region < regions; region++) {
    const topics = byRegion[region];
    const share = streamsLeft === 0 ? 0 : Math.round((instancesLeft * topics.length) / streamsLeft);
    const instances = Math.min(topics.length, Math.max(topics.length > 0 ? 1 : 0, share));
    instancesLeft -= instances;
    streamsLeft -= topics.length;
    for (let instance = 0; instance < instances; instance++) {
      const producer = producerZone.length;
      producerZone.push(topology.regionFirstZone[region] + (instance % scenario.regions[region].zones));
      for (let i = instance; i < topics.length; i += instances) {
        streamTopic[stream] = topics[i];
        streamProducer[stream++] = producer;
      }
      firstStream.push(stream);
    }
  }
  return {
    producers: producerZone.length,
    streams: total,
    producerZone: Int32Array.from(producerZone),
    firstStream: Int32Array.from(firstStream),
    streamProducer,
    streamTopic,
    streamClass: streamTopic.map((topic) => CLASSES.indexOf(scenario.topics[topic].class)),
    topicOptions: scenario.topics.map(({ acks, tenant }) => ({
      acks,
      quota: tenant === undefined ? -1 : tenants.indexOf(tenant),
    })),
    streamIdentity: streamTopic.map((_, index) => hash32(scenario.seed, index, 0x57) | 0),
  };
}
