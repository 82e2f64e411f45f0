/** How far ahead the main job schedules its events: what the hold model of the engine is fed with. */
import type { Simulation } from '../sim/index.ts';

/** A power of two, so that the hold model can go round and round them. */
export const INCREMENTS = 2 ** 14;

/**
 * Runs on for `forNs` of simulated time and answers 16,384 increments (time scheduled − now, integer ns), evenly spread
 * over all that is scheduled meanwhile. Slows the simulation from here on: measure before.
 */
export function recordIncrements(simulation: Simulation, forNs: number): number[] {
  const { engine } = simulation;
  const all: number[] = [];
  // On the object, before the methods of its class: the engine is not told that it is watched.
  const watch = <T>(push: (atNs: number, kind: number, entity: number, ordinal: number, data: number) => T) => {
    return (atNs: number, kind: number, entity: number, ordinal: number, data: number): T => {
      all.push(atNs - engine.nowNs);
      return push(atNs, kind, entity, ordinal, data);
    };
  };
  engine.schedule = watch(engine.schedule.bind(engine));
  engine.timer = watch(engine.timer.bind(engine));
  engine.runUntil(engine.nowNs + forNs);
  Reflect.deleteProperty(engine, 'schedule');
  Reflect.deleteProperty(engine, 'timer');
  if (all.length === 0) throw new Error('nothing was scheduled');
  return Array.from({ length: INCREMENTS }, (_, i) => all[Math.floor((i * all.length) / INCREMENTS)]);
}

/** As JSON in lines of at most 120 characters, the way the formatter wants them. */
export function linesOf(increments: readonly number[]): string {
  const lines: string[] = [];
  let line = ' ';
  increments.forEach((increment, i) => {
    const word = ` ${increment}${i === increments.length - 1 ? '' : ','}`;
    if (line.length + word.length > 120) {
      lines.push(line);
      line = ' ';
    }
    line += word;
  });
  return `[\n${[...lines, line].join('\n')}\n]\n`;
}
