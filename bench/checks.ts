/**
 * Schedules checked a second of CPU time, on one core: the default worlds of the testing kit, and one small world whose faults alone
 * are drawn, each beside a bare fast-check property of the same arbitraries whose body is empty. Both phases, bounds and
 * the second run of one seed now and then are included; shrinking is not, as nothing breaks.
 */
import fc from 'fast-check';
import type { Written } from '../sim/scenario/index.ts';
import { type CheckOptions, checkPolicy } from '../sim/testing/check.ts';
import { scenarios, WORLD_BASE } from '../sim/testing/index.ts';
import { table } from './table.ts';

const SMALL: Written = {
  name: 'small',
  ...WORLD_BASE,
  regions: { main: { zones: 1 } },
  clusters: { normal: { brokers: 1, replicationFactor: 1 } },
  topics: { named: { clicks: { rate: '50/s', recordBytes: '100B', partitions: 1, routes: ['sink'] } } },
  producers: { ...WORLD_BASE.producers, instances: 1 },
  sinks: { sink: { kind: 'rate-limited', rate: '5000/s' } },
};

const BOUNDS = { loss: '100%', memory: '1GB' } as const;

const CASES: readonly (readonly [string, CheckOptions])[] = [
  ['default worlds', {}],
  ['default worlds, request fidelity', { fidelity: 'request' }],
  ['small world', { world: SMALL }],
  ['small world, request fidelity', { world: SMALL, fidelity: 'request' }],
];

export async function run({ quick }: { quick: boolean }): Promise<void> {
  const runs = quick ? 150 : 1_000;
  const rows = CASES.map(([name, options]) => {
    checkPolicy({ ...options, bounds: BOUNDS, runs: runs / 5, seed: 1 });
    let offered = 0;
    const checked = secondsOf(() => {
      const { failure } = checkPolicy({
        ...options,
        bounds: BOUNDS,
        runs,
        seed: 2,
        onSchedule: (each) => {
          offered += each.offered;
          return true;
        },
      });
      if (failure !== null) throw new Error(failure.text);
    });
    const bare = secondsOf(() =>
      fc.assert(
        fc.property(scenarios(options), () => true),
        { numRuns: runs, seed: 2 },
      ),
    );
    return [
      name,
      (runs / checked).toFixed(0),
      (runs / bare).toFixed(0),
      (checked / bare).toFixed(1),
      (offered / runs).toFixed(0),
    ];
  });
  console.log(table(['', 'schedules checked a CPU second', 'bare property', 'ratio', 'records a schedule'], rows));
  console.log(
    `\nOne core, ${runs} schedules each, after a fifth as many to warm up. npm run bench -- checks${quick ? ' --quick' : ''}`,
  );
}

/** CPU time of all threads, the collector's included: what else the machine does is not in it. */
function secondsOf(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
