/**
 * A deterministic discrete-event engine: a virtual clock in integer nanoseconds, an event queue with a total order,
 * cancellable timers, a random stream per entity, and arithmetic with the same bits on every machine. Knows nothing of
 * what is simulated with it.
 *
 * ```ts
 * const engine = new Engine({ seed: 7 });
 * const arrivals = engine.stream('arrivals');
 * let count = 0;
 * const arrive = engine.kind('arrive', (customer) => {
 *   count++;
 *   engine.schedule(engine.nowNs + Math.round(arrivals.exponential(1e6)), arrive, customer, count, 0);
 * });
 * engine.schedule(0, arrive, 0, 0, 0);
 * engine.runUntil(1e9); // one second: about 1,000 arrivals
 * engine.digest(); // the same on every machine for the same seed
 * ```
 *
 * Register kinds first: of two events at one time, that of the earlier kind comes first, then the lower entity, then the
 * lower ordinal (the entity's own count). State lives in arrays by entity; an event carries one 32-bit integer of data.
 */
export { Digest } from './digest.ts';
export * from './distribution.ts';
export { Engine, type EngineOptions, type Handler } from './engine.ts';
export type { Foreseer } from './foresight.ts';
export { hash32, hashString, uniform } from './hash.ts';
export { InvariantError, invariant } from './invariant.ts';
export { cos, exp, ln, pow, sin } from './math.ts';
export { RandomStream } from './random.ts';
