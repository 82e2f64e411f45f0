/** `spillway validate`: reads a scenario as `run` would, and says what it amounts to. */
import { count, span } from '../report/figures.ts';
import { EXIT_OK } from './exit.ts';
import type { Io } from './io.ts';
import type { World } from './world.ts';

/** Throws ScenarioError when the scenario is bad. */
export function validateCommand(
  args: { readonly source: string; readonly sets: readonly string[] },
  { io, world }: { io: Io; world: World },
): number {
  const scenario = world.load(args.source, { sets: args.sets });
  let brokers = 0;
  for (const cluster of scenario.clusters) brokers += cluster.brokers;
  let streams = 0;
  for (const topic of scenario.topics) streams += topic.streams;
  io.out(
    `${args.source} is valid: ${scenario.name}, scenario ${world.hash(scenario).slice(0, 16)}\n` +
      `  ${span(scenario.durationNs / 1e9)} after ${span(scenario.warmupNs / 1e9)} of warm-up, ` +
      `${scenario.fidelity} fidelity, seed ${scenario.seed}\n` +
      `  ${count(scenario.topics.length)} topics, ${count(streams)} streams of ` +
      `${count(scenario.producers.instances)} producers\n` +
      `  ${count(scenario.clusters.length)} clusters of ${count(brokers)} brokers, ` +
      `${count(scenario.sinks.length)} sinks, ${count(scenario.faults.length)} faults, ` +
      `${count(scenario.assertions.length)} assertions, ${count(scenario.guesses.length)} guesses\n`,
  );
  return EXIT_OK;
}
