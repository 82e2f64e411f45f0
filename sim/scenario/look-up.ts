/** What names of a scenario mean: clusters and sinks by name, and an error with the nearest where there is none. */
import type { Finding } from './check.ts';
import type { Clusters } from './clusters.ts';
import type { PathStep } from './issue.ts';
import { nearest } from './nearest.ts';
import type { TopicSpec } from './scenario.ts';
import type { Sinks } from './sinks.ts';
import type { ParsedScenario } from './written.ts';
import type { ZooKeepers } from './zookeepers.ts';

export interface TimelineContext {
  readonly scenario: ParsedScenario;
  readonly clusters: Clusters;
  readonly sinks: Sinks;
  readonly topics: readonly TopicSpec[];
  readonly zookeepers: ZooKeepers;
  readonly report: (finding: Finding) => void;
}

/** Looks a name up; one that isn't there is reported at the path, with the nearest that is. */
export function lookUp<T>(
  name: string,
  among: ReadonlyMap<string, readonly T[]>,
  { path, what, report }: { path: readonly PathStep[]; what: string; report: (finding: Finding) => void },
): readonly T[] {
  const found = among.get(name);
  if (found !== undefined) return found;
  const names = [...among.keys()];
  const expected =
    names.length === 0
      ? `${what}; there are none`
      : `${what}: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`;
  report({ path, given: `unknown name ${JSON.stringify(name)}`, expected, nearest: nearest(name, names) });
  return [];
}
