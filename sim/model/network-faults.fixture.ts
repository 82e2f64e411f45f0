/** What may befall the network of a small world. */
import fc from 'fast-check';
import type { PlaceSpec } from '../scenario/place-spec.ts';
import type { FaultSpec, SinkSpec } from '../scenario/scenario.ts';

/** Cuts between any two places that talk. */
export const networkFaults = (
  brokers: number,
  sinks: readonly SinkSpec[],
  spans: { readonly atNs: fc.Arbitrary<number>; readonly forNs: fc.Arbitrary<number> },
): fc.Arbitrary<FaultSpec> => {
  const broker = fc.record({
    kind: fc.constant('broker' as const),
    cluster: fc.constant('fronting'),
    broker: fc.nat(brokers - 1),
  });
  const others: fc.Arbitrary<PlaceSpec>[] = [
    broker,
    fc.constantFrom<PlaceSpec>(
      { kind: 'rest' },
      { kind: 'cluster', cluster: 'fronting' },
      { kind: 'controller', cluster: 'fronting' },
      { kind: 'applications', region: 'main', zone: null },
      { kind: 'applications', region: 'main', zone: 1 },
      { kind: 'routers', region: 'main', zone: null },
      { kind: 'zone', region: 'main', zone: 0 },
    ),
  ];
  const pairs: fc.Arbitrary<{ from: PlaceSpec; to: PlaceSpec }>[] = [
    fc.record({ from: broker, to: fc.oneof(...others) }),
    fc.record({ from: fc.oneof(...others), to: broker }),
  ];
  if (sinks.length > 0) {
    const routers = { kind: 'routers', region: 'main', zone: null } as const;
    const places = sinks.map(
      ({ name, kind }): PlaceSpec =>
        kind === 'kafka' ? { kind: 'cluster', cluster: 'consumer' } : { kind: 'sink', sink: name },
    );
    pairs.push(
      fc.constantFrom(
        ...places.flatMap((sink) => [
          { from: routers, to: sink },
          { from: sink, to: routers },
        ]),
      ),
    );
  }
  return fc
    .tuple(fc.oneof(...pairs), fc.boolean())
    .chain(([pair, oneWay]) =>
      fc
        .record({ kind: fc.constant('network-partition' as const), ...spans })
        .map((at) => ({ ...at, ...pair, oneWay })),
    );
};
