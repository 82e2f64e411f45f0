/** What may befall the network of a small world. */
import fc from 'fast-check';
import type { PlaceSpec } from '../scenario/place-spec.ts';
import type { FaultSpec, SinkSpec } from '../scenario/scenario.ts';

const how = fc.oneof(
  { arbitrary: fc.constant({ kind: 'network-partition' as const }), weight: 3 },
  {
    arbitrary: fc.record({
      kind: fc.constant('network-loss' as const),
      loss: fc.constantFrom(0.02, 0.3, 0.8),
      delayNs: fc.constant(0),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('network-delay' as const),
      loss: fc.constant(0),
      delayNs: fc.constantFrom(1_000_000, 30_000_000, 700_000_000),
    }),
    weight: 1,
  },
);

/** Cuts and bad ways between any two places that talk. */
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
        .tuple(fc.record(spans), how)
        .map(
          ([at, how]): FaultSpec =>
            how.kind === 'network-partition' ? { ...at, ...pair, ...how, oneWay } : { ...at, ...pair, ...how, oneWay },
        ),
    );
};
