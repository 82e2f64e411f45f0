/**
 * An M/M/1 queue on the engine alone: one server, customers at Poisson times, exponential service, first come first
 * served. What queueing theory says of it is exact, so it shows that clock, order and random streams are right.
 */
import { pathToFileURL } from 'node:url';
import { Engine } from '../sim/engine/index.ts';

export interface MM1 {
  /** λ, customers a second. */
  readonly arrivalsPerSecond: number;
  /** μ, customers a second; above λ, or the queue grows for ever. */
  readonly servicesPerSecond: number;
  readonly customers: number;
  readonly seed: number;
}

export interface MM1Result {
  /** Mean time from arrival to the beginning of service, seconds. In theory ρ / (μ − λ). */
  readonly meanWaitSeconds: number;
  /** Mean time from arrival to the end of service, seconds. In theory 1 / (μ − λ). */
  readonly meanStaySeconds: number;
  /** Fraction of time the server was busy. In theory ρ = λ / μ. */
  readonly utilisation: number;
  readonly digest: string;
}

const SECOND_NS = 1_000_000_000;

export function simulateMM1({ arrivalsPerSecond, servicesPerSecond, customers, seed }: MM1): MM1Result {
  const engine = new Engine({ seed });
  const gaps = engine.stream('arrivals');
  const services = engine.stream('services');
  // By customer, in order of arrival, which is also the order of service.
  const arrivedNs = new Float64Array(customers);
  let arrived = 0;
  let served = 0;
  let waitNs = 0;
  let stayNs = 0;
  let busyNs = 0;

  // Registered first: somebody who leaves in the very nanosecond in which another arrives has left.
  const leave = engine.kind('leave', () => {
    stayNs += engine.nowNs - arrivedNs[served];
    served++;
    if (served < arrived) serve();
  });
  const arrive = engine.kind('arrive', () => {
    arrivedNs[arrived] = engine.nowNs;
    arrived++;
    if (arrived === served + 1) serve();
    if (arrived < customers) nextArrival();
  });

  function serve(): void {
    const serviceNs = Math.round(services.exponential(SECOND_NS / servicesPerSecond));
    waitNs += engine.nowNs - arrivedNs[served];
    busyNs += serviceNs;
    engine.schedule(engine.nowNs + serviceNs, leave, 0, served, 0);
  }

  function nextArrival(): void {
    engine.schedule(engine.nowNs + Math.round(gaps.exponential(SECOND_NS / arrivalsPerSecond)), arrive, 0, arrived, 0);
  }

  nextArrival();
  while (engine.step());
  return {
    meanWaitSeconds: waitNs / customers / SECOND_NS,
    meanStaySeconds: stayNs / customers / SECOND_NS,
    utilisation: busyNs / engine.nowNs,
    digest: engine.digest(),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = simulateMM1({ arrivalsPerSecond: 800, servicesPerSecond: 1000, customers: 1_000_000, seed: 1 });
  console.log('theory: wait 4 ms, stay 5 ms, utilisation 0.8');
  console.log(result);
}
