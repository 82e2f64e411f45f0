/**
 * Generating topics: from a few figures (how many, how unequal, how large) to each topic's rate, size, partitions,
 * class, cluster, streams and routes. Drawn from names alone, never from the seed of a run: the same scenario has the
 * same topics whatever storm it meets.
 */
import { hashString } from '../engine/hash.ts';
import { pow } from '../engine/math.ts';
import { apportion } from './apportion.ts';
import { type Draft, Placer, type TopicContext } from './placement.ts';
import type { TopicSpec } from './scenario.ts';
import { CLASS_NAMES } from './written-cluster.ts';

/** All topics of all regions, generated ones first. A region has its own copy of each. */
export function buildTopics(context: TopicContext): TopicSpec[] {
  const { scenario } = context;
  const regions = Object.entries(scenario.regions);
  const weights = regions.map(([, region]) => region.share);
  const sharesTotal = weights.reduce((sum, weight) => sum + weight, 0);
  const streamsByRegion = apportion(scenario.producers.streams, weights, 0);
  const placer = new Placer(context);
  return regions.flatMap(([region, { share }], r) => {
    const prefix = regions.length === 1 ? '' : `${region}.`;
    const part = share / sharesTotal;
    return [
      ...generate(context, scenario.traffic.rate * part, streamsByRegion[r]!).map((draft) =>
        placer.place(draft, region, prefix),
      ),
      ...named(context, part, region, prefix, placer),
    ];
  });
}

/** The generated topics of a region, the busiest first. */
function generate({ scenario }: TopicContext, rate: number, streams: number): Draft[] {
  const { count, zipfExponent, recordBytes, streamsExponent, classes, routes, tenants } = scenario.topics;
  if (count === 0) return [];
  const digits = Math.max(3, String(count).length);
  const names = Array.from({ length: count }, (_, i) => `topic-${String(i + 1).padStart(digits, '0')}`);
  const ranks = names.map((_, i) => pow(i + 1, -zipfExponent));
  const ranksTotal = sum(ranks);
  const weights = ranks.map((rank) => rank / ranksTotal);
  const raw = names.map((name) => 1 + recordBytes.spread * (2 * unit(name, 'size') - 1));
  const scale = recordBytes.mean / sum(raw.map((size, i) => size * weights[i]!));
  const sizes = raw.map((size) => Math.max(1, Math.round(size * scale)));
  const volumes = sizes.map((size, i) => size * weights[i]!);
  const counts = apportion(
    streams,
    weights.map((weight) => pow(weight, streamsExponent)),
    1,
  );
  const byClass = deal(
    volumes,
    CLASS_NAMES.map((name) => classes[name] ?? 0),
  );
  const owners = Object.keys(tenants);
  const owned = Object.values(tenants);
  // The last share is nobody's.
  const byTenant = deal(volumes, [...owned, Math.max(0, 1 - sum(owned))]);
  const routed = Object.entries(routes).map(([sink, share]) => ({ sink, taken: take(names, volumes, sink, share) }));
  return names.map((name, i) => ({
    name,
    rate: rate * weights[i]!,
    recordBytes: sizes[i]!,
    class: CLASS_NAMES[byClass[i]!]!,
    streams: counts[i]!,
    tenant: owners[byTenant[i]!],
    routes: routed.filter(({ taken }) => taken[i]).map(({ sink }) => sink),
  }));
}

/** The written-out topics of a region. */
function named({ scenario }: TopicContext, part: number, region: string, prefix: string, placer: Placer): TopicSpec[] {
  return Object.entries(scenario.topics.named).map(([name, topic]) => {
    const draft = { ...topic, name, rate: topic.rate * part };
    return placer.place(draft, region, prefix, topic);
  });
}

/** Deals items, largest volume first as they come, to shares: each goes where most is missing. Returns the share's index. */
function deal(volumes: readonly number[], shares: readonly number[]): number[] {
  const given = shares.map(() => 0);
  let total = 0;
  return volumes.map((volume) => {
    total += volume;
    let best = Math.max(
      0,
      shares.findIndex((share) => share > 0),
    );
    shares.forEach((share, i) => {
      if (share === 0) return;
      if (share * total - given[i]! > shares[best]! * total - given[best]!) best = i;
    });
    given[best]! += volume;
    return best;
  });
}

/**
 * Chooses topics that make up a share of the volume together. A draw by name decides, corrected by what is missing so
 * far, so that the share comes out right to within the smallest topics and two sinks do not get the same ones.
 */
function take(names: readonly string[], volumes: readonly number[], sink: string, share: number): boolean[] {
  let missing = 0;
  return names.map((name, i) => {
    missing += share * volumes[i]!;
    const taken = share > 0 && missing >= volumes[i]! * (share >= 1 ? 0 : unit(name, sink));
    if (taken) missing -= volumes[i]!;
    return taken;
  });
}

/** A draw in [0, 1) that belongs to a name and a purpose. */
function unit(name: string, purpose: string): number {
  return hashString(`${purpose}/${name}`) / 4294967296;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
