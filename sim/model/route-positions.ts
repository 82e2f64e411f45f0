/** Which routes read each partition, to know how far all of them have got. */
import type { RouterFleet } from './fleet/fleet.ts';

export class RoutePositions {
  readonly #routes: number[][];

  constructor(partitions: number) {
    this.#routes = Array.from({ length: partitions }, () => []);
  }

  learn(fleet: RouterFleet): void {
    fleet.partitionOfRoute.forEach((partition, route) => {
      this.#routes[partition].push(route);
    });
  }

  routes(partition: number): readonly number[] {
    return this.#routes[partition];
  }

  lowest(partition: number, fleet: RouterFleet): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const route of this.#routes[partition]) {
      const position = fleet.neededFrom(route);
      if (position < lowest) lowest = position;
    }
    return lowest;
  }
}
