import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Written } from '../scenario/index.ts';
import { scenarios } from './arbitrary/scenarios.ts';
import { runSchedule } from './schedule-run.ts';
import { smallPipeline } from './traps.fixture.ts';

describe('a run followed record by record', () => {
  it('comes to what the ledger says, in any scenario, and drains once all is healed', () => {
    fc.assert(
      fc.property(scenarios(), (written) => {
        const run = runSchedule(written);
        expect(run.broken).toBeNull();
        expect(run.stuck).toEqual([]);
        expect(run.recoveryNs).toBeLessThan(Infinity);
        const { ledger, topics } = run.result!;
        expect(run.offered).toBe(ledger.offered);
        const sums: Record<string, number> = {};
        for (const { cause, count, sink } of run.losses) {
          if (sink === null) sums[cause] = (sums[cause] ?? 0) + count;
        }
        const unknown = topics.reduce((sum, topic) => sum + topic.unknown, 0);
        expect(sums).toEqual({ ...ledger.dropped, ...(unknown > 0 && { unknown }) });
        run.duplicates.forEach(({ sink, count }, i) => {
          const route = ledger.routes[i]!;
          expect({ sink, count }).toEqual({
            sink: route.sink,
            count: Object.values(route.duplicates).reduce((sum: number, n) => sum + n!, 0),
          });
          const lost = run.losses.filter((loss) => loss.sink === sink).reduce((sum, loss) => sum + loss.count, 0);
          expect(lost).toBe(Object.values(route.lost).reduce((sum: number, n) => sum + n!, 0));
        });
      }),
      { numRuns: 150 },
    );
  });

  it('comes to what the ledger says where routers commit ahead of their writes', () => {
    let unwritten = 0;
    fc.assert(
      fc.property(scenarios({ faults: { kinds: ['router-crash', 'sink-stop', 'broker-kill'] } }), (drawn) => {
        const written = { ...drawn, router: { ...drawn.router, commitUpTo: 'fetched' } } as Written;
        const { result, losses, stuck, broken, recoveryNs } = runSchedule(written);
        expect({ broken, stuck }).toEqual({ broken: null, stuck: [] });
        expect(recoveryNs).toBeLessThan(Infinity);
        for (const { sink, lost } of result!.ledger.routes) {
          const count = (cause: string) =>
            losses
              .filter((loss) => loss.sink === sink && loss.cause === cause)
              .reduce((sum, loss) => sum + loss.count, 0);
          expect(count('unwritten')).toBe(lost.unwritten ?? 0);
          expect(count('undelivered')).toBe(0);
          unwritten += count('unwritten');
        }
        const request = runSchedule(written, { fidelity: 'request' });
        expect(request.result!.ledger.routes).toEqual(result!.ledger.routes);
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(unwritten).toBeGreaterThan(0);
  });

  it('holds order in the logs against what stands there: a batch that is lost and stored again is in order', () => {
    const run = runSchedule({
      ...smallPipeline({
        policy: { partitioner: 'keyed', keys: 5, inFlight: 1, deliveryTimeout: 'never' },
        topic: { partitions: 2, rate: '100/s' },
      }),
      seed: 264039,
      faults: [
        { kind: 'broker-replace', cluster: 'normal', broker: 0, at: '380ms', for: '1ms' },
        { kind: 'zone-kill', region: 'main', zone: 0, at: '640ms', for: '1ms' },
      ],
    });
    const twice = run.book!.records.filter(({ batch }) => (batch?.appends.length ?? 0) > 1);
    expect(twice.length).toBeGreaterThan(0);
    expect(run.disorders!.filter(({ sink }) => sink < 0)).toEqual([]);
  });

  it('counts twice what a sink had before its log lost it, and got again when its producer stored it again', () => {
    const written = {
      ...smallPipeline({ policy: { deliveryTimeout: 'never' } }),
      faults: [
        // Records are stored and delivered, but their producer doesn't hear of it; then their only disk is gone.
        {
          kind: 'network-partition',
          from: 'broker:normal/0',
          to: 'applications',
          oneWay: true,
          at: '150ms',
          for: '100ms',
        },
        { kind: 'broker-replace', cluster: 'normal', broker: 0, at: '300ms', for: '100ms' },
      ],
    } satisfies Written;
    const record = runSchedule(written);
    const [route] = record.result!.ledger.routes;
    expect(route!.duplicates['stored-again']).toBeGreaterThan(0);
    expect(route).toMatchObject({ delivered: route!.stored, lost: {} });
    expect(record.duplicates).toMatchObject([{ count: route!.duplicates['stored-again'] }]);
    const request = runSchedule(written, { fidelity: 'request' });
    expect(request.result!.ledger.routes).toEqual(record.result!.ledger.routes);
  });

  it('calls nothing lost that a broker is still at, though with acks 0 its producer is done with it', () => {
    const slow = { kind: 'broker-slow', cluster: 'normal', broker: 0, network: 1000, at: '1s', for: '390ms' } as const;
    const run = runSchedule({
      ...smallPipeline({ policy: { acks: '0', linger: '50ms' }, topic: { rate: '31/s' } }),
      faults: [slow, slow],
    });
    const { ledger } = run.result!;
    expect(ledger.inFlight).toBeGreaterThan(0);
    expect(run.losses).toEqual([]);
    expect(ledger.lost).toEqual({});
  });

  it('gives in request fidelity what the record gives, as far as sums tell', () => {
    let sameMemory = 0;
    fc.assert(
      fc.property(scenarios(), (written) => {
        const record = runSchedule(written);
        const request = runSchedule(written, { fidelity: 'request' });
        const sums = ({ losses }: typeof record) =>
          Object.fromEntries(
            losses.filter(({ sink }) => sink === null).map((loss) => [`${loss.topic} ${loss.cause}`, loss.count]),
          );
        expect(sums(request)).toEqual(sums(record));
        expect(request.duplicates).toEqual(record.duplicates);
        expect(request.offeredOf).toEqual(record.offeredOf);
        expect(request.disorders).toBeNull();
        // One decision admits several records: what each of them saw on the way is not seen.
        expect(request.memoryBytes).toBeLessThanOrEqual(record.memoryBytes);
        if (request.memoryBytes === record.memoryBytes) sameMemory++;
      }),
      { numRuns: 30 },
    );
    expect(sameMemory).toBeGreaterThan(20);
  });
});
