/** Which clusters fronting topics may go to while a world runs: known from the scenario, there when a move makes them. */
import type { Scenario } from '../scenario/scenario.ts';

export interface Place {
  /** By index in the scenario. */
  readonly topic: number;
  readonly cluster: string;
}

/** Every place beside the homes that the scenario's operations can bring a topic to, each once, in a fixed order. */
export function furtherPlaces(scenario: Scenario): Place[] {
  const places: Place[] = [];
  const homes = scenario.topics.map(({ cluster }) => new Set([cluster]));
  const add = (topic: number, cluster: string): boolean => {
    if (topic < 0 || homes[topic].has(cluster)) return false;
    homes[topic].add(cluster);
    places.push({ topic, cluster });
    return true;
  };
  // A topic that one operation has moved may be moved on by another: until nothing new comes.
  for (let more = true; more; ) {
    more = false;
    for (const fault of scenario.faults) {
      if (fault.kind === 'topic-move') {
        more =
          add(
            scenario.topics.findIndex(({ name }) => name === fault.topic),
            fault.to,
          ) || more;
      } else if (fault.kind === 'failover') {
        scenario.topics.forEach((_, topic) => {
          if (homes[topic].has(fault.cluster)) more = add(topic, fault.to) || more;
        });
      }
    }
  }
  return places;
}
