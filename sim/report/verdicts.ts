/** Holds a scenario's assertions against what came out. */
import { tallied } from '../ledger/tally.ts';
import type { AssertionSpec } from '../scenario/scenario.ts';
import { measureAlert } from './alert-verdict.ts';
import type { AssertionReport, CpuReport, RunResult } from './result.ts';

type Observed = Pick<RunResult, 'ledger' | 'sinks' | 'brokers' | 'alerts' | 'migration' | 'simulatedSeconds'> & {
  /** Lag at the end of the run, by sink. */
  readonly lagEnd: ReadonlyMap<string, { readonly records: number; readonly seconds: number }>;
};

export function judge(assertions: readonly AssertionSpec[], seen: Observed): AssertionReport[] {
  return assertions.map((assertion) => {
    const { name, observed, bound, ok = observed <= bound } = measure(assertion, seen);
    return { name, ok, observed, bound };
  });
}

interface Measured {
  readonly name: string;
  readonly observed: number;
  readonly bound: number;
  /** Where the figure alone does not tell. */
  readonly ok?: boolean;
}

function measure(assertion: AssertionSpec, seen: Observed): Measured {
  const { ledger } = seen;
  const sinkOf = (name: string) => seen.sinks.find((sink) => sink.name === name)!;
  switch (assertion.metric) {
    case 'loss': {
      const route = ledger.routes.find((each) => each.sink === assertion.sink);
      const producerLoss = tallied(ledger.dropped) + ledger.unknown;
      const lost = route === undefined ? producerLoss + tallied(ledger.lost) : tallied(route.lost);
      const of = route === undefined ? ledger.offered : route.stored;
      return ratioOr(assertion, `loss${at(assertion.sink)}`, lost, of);
    }
    case 'duplicates': {
      const route = ledger.routes.find((each) => each.sink === assertion.sink);
      const copies =
        route === undefined
          ? ledger.routes.reduce((sum, each) => sum + tallied(each.duplicates), 0)
          : tallied(route.duplicates);
      const of = route === undefined ? ledger.routes.reduce((sum, each) => sum + each.stored, 0) : route.stored;
      return ratioOr(assertion, `duplicates${at(assertion.sink)}`, copies, of);
    }
    case 'only': {
      const { onlyOld, onlyNew, offered } = seen.migration!;
      const only = tallied(assertion.pipeline === 'old' ? onlyOld : onlyNew);
      return ratioOr(assertion, `with the ${assertion.pipeline} pipeline only`, only, offered);
    }
    case 'dropped':
      return ratioOr(assertion, 'dropped', tallied(ledger.dropped), ledger.offered);
    case 'lag': {
      const sink = sinkOf(assertion.sink);
      const end = seen.lagEnd.get(assertion.sink)!;
      const [records, seconds] =
        assertion.when === 'end' ? [end.records, end.seconds] : [sink.lagMax, sink.lagMaxSeconds];
      return {
        name: `lag at ${assertion.sink}, ${assertion.when}, ${assertion.as}`,
        observed: assertion.as === 'records' ? records : seconds,
        bound: assertion.atMost,
      };
    }
    case 'latency':
      return {
        name: `latency to ${assertion.sink}, ${assertion.quantile}, ms`,
        observed: sinkOf(assertion.sink).latencyMs[assertion.quantile],
        bound: assertion.atMostMs,
      };
    case 'alert':
      return measureAlert(assertion, seen.alerts!, seen.simulatedSeconds);
    case 'cpu':
      return {
        name: `broker cpu${assertion.region === null ? '' : ` in ${assertion.region}`}, ${assertion.quantile}`,
        observed: cpuOf(seen.brokers, assertion.region)[assertion.quantile],
        bound: assertion.atMost,
      };
  }
}

/** With one region only, it has all brokers. */
function cpuOf({ cpu, regions }: RunResult['brokers'], region: string | null): CpuReport {
  return regions?.find(({ name }) => name === region)?.cpu ?? cpu;
}

const at = (sink: string | null): string => (sink === null ? '' : ` at ${sink}`);

function ratioOr(
  assertion: { readonly as: 'records' | 'fraction'; readonly atMost: number },
  name: string,
  n: number,
  of: number,
): { name: string; observed: number; bound: number } {
  const observed = assertion.as === 'records' ? n : of === 0 ? 0 : n / of;
  return { name: `${name}, ${assertion.as}`, observed, bound: assertion.atMost };
}
