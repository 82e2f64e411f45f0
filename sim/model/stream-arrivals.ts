/** From topics to the arrivals of each stream: rates, sizes and the curve that they follow. */
import { pow } from '../engine/index.ts';
import type { Scenario, TopicSpec } from '../scenario/scenario.ts';
import { evacuationSteps } from '../traffic/evacuation.ts';
import { rateCurveOf } from '../traffic/shape.ts';
import { Arrivals, type StreamArrivals } from './arrivals.ts';
import type { StreamPlan } from './stream-plan.ts';

export function arrivalsOf(scenario: Scenario, plan: StreamPlan): Arrivals {
  const tails = new Map<number, StreamArrivals['pareto']>();
  scenario.topics.forEach((topic, index) => {
    tails.set(index, paretoOf(topic));
  });
  const evacuated = scenario.faults.some(({ kind }) => kind === 'region-evacuation');
  const regionOf = (topic: TopicSpec) => scenario.clusters.find(({ name }) => name === topic.cluster)!.region;
  const streams = Array.from({ length: plan.streams }, (_, stream): StreamArrivals => {
    const topic = scenario.topics[plan.streamTopic[stream]];
    return {
      identity: plan.streamIdentity[stream],
      recordsPerSecond: topic.recordsPerSecond / topic.streams,
      bytes: topic.recordBytes,
      pareto: tails.get(plan.streamTopic[stream])!,
    };
  });
  const { shape, arrivals, policy, untilNs } = scenario.producers;
  const endNs = scenario.warmupNs + scenario.durationNs;
  const surges = scenario.faults.filter((fault) => fault.kind === 'surge');
  const surging = scenario.topics.map(({ name }) => surges.filter(({ topics }) => topics?.includes(name) ?? true));
  const curves = scenario.topics.map((topic, index) => {
    const times = evacuated ? evacuationSteps(scenario, regionOf(topic)) : null;
    return rateCurveOf(shape, endNs, untilNs, surging[index], times);
  });
  return new Arrivals(streams, {
    process: arrivals,
    curve: shape.kind === 'constant' && untilNs === undefined ? null : rateCurveOf(shape, endNs, untilNs),
    curves: surges.length === 0 && !evacuated ? null : Array.from(plan.streamTopic, (topic) => curves[topic]),
    keys: policy.partitioner === 'keyed' ? policy.keys : 0,
    spreadNs: policy.lingerNs,
  });
}

/** The lower bound for which a Pareto distribution cut at `bytesMax` has the topic's mean size, by bisection. */
function paretoOf(topic: TopicSpec): StreamArrivals['pareto'] {
  if (topic.sizes.kind === 'fixed') return null;
  const { shape, bytesMax } = topic.sizes;
  let low = 1e-3;
  let high = topic.recordBytes;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (boundedParetoMean(middle, bytesMax, shape) < topic.recordBytes) low = middle;
    else high = middle;
  }
  return { shape, bytesMin: high, bytesMax };
}

/** Mean of a Pareto distribution with the shape, cut to [min, max]. */
function boundedParetoMean(min: number, max: number, shape: number): number {
  const ratio = min / max;
  // At shape 1 the formula is 0/0: a shape next to it is as good as the limit.
  const a = shape === 1 ? 1 + 1e-9 : shape;
  return ((a * min) / (a - 1)) * ((1 - pow(ratio, a - 1)) / (1 - pow(ratio, a)));
}
