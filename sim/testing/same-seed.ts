/** Whether a schedule gives the same run twice. If not, a policy looks at something that is not the simulation's. */
import { resolveScenario, type Written } from '../scenario/index.ts';
import { Simulation } from '../simulation.ts';
import { phaseTimes, withPhases } from './phases.ts';
import { simulationPolicies } from './policies.ts';
import { PolicyClock } from './policy-clock.ts';
import { type RunOptions, runSchedule, type ScheduleRun } from './schedule-run.ts';

/** Where two runs of the schedule part, in words; null when they are the same. */
export function differenceOf(run: ScheduleRun, options: RunOptions): string | null {
  const again = runSchedule(run.written, options);
  if (again.digest === run.digest && JSON.stringify(again.result) === JSON.stringify(run.result)) return null;
  const where = partingOf(run.written, options);
  return [
    `two runs of one seed differ${where}:`,
    'a policy reads the wall clock, draws from Math.random, or keeps state from one run to the next',
    '(what it needs comes as arguments: the time, a draw, and `clock` where it is made)',
  ].join(' ');
}

/** Two runs side by side, event by event, until they part: they may part elsewhere each time. */
function partingOf(written: Written, options: RunOptions): string {
  const times = phaseTimes(written, options.phases ?? {});
  const scenario = { ...resolveScenario(withPhases(written, times)), fidelity: options.fidelity ?? 'record' };
  const [a, b] = [0, 1].map(() => {
    const clock = new PolicyClock();
    const simulation = new Simulation(scenario, simulationPolicies(options, { clock }));
    clock.attach(simulation.engine);
    return simulation;
  }) as [Simulation, Simulation];
  while (a.nowNs < times.quietNs) {
    a.advance({ budgetEvents: 1 });
    b.advance({ budgetEvents: 1 });
    if (a.engine.digest() !== b.engine.digest()) {
      return `, first at event ${a.events} (${(Math.min(a.nowNs, b.nowNs) / 1e6).toFixed(3)} ms)`;
    }
  }
  return '';
}
