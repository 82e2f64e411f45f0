/** What a run yields: the shape of `--json`. Everything but `wall` is a function of scenario, seed and version. */
import type { AlertRuleName } from '../../src/audit/alert-rules.ts';
import type { DropCause } from '../../src/record.ts';
import type { MigrationReport } from './migration.ts';

export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export type Counts<K extends string = string> = Readonly<Partial<Record<K, number>>>;

export interface RouteBook {
  readonly sink: string;
  readonly stored: number;
  readonly delivered: number;
  readonly duplicates: Counts;
  readonly lost: Counts;
  readonly backlog: number;
  readonly balanced: boolean;
}

export interface LedgerReport {
  readonly offered: number;
  readonly stored: number;
  readonly dropped: Counts<DropCause>;
  /** Sent, never answered, given up, and in no log. (Given up yet stored is in `stored`; see `unknownStored`.) */
  readonly unknown: number;
  /** Of `stored`: records whose producer gave them up as unknown. Beside the sum. */
  readonly unknownStored: number;
  /** Second copies in fronting logs, by cause. Beside the sum. */
  readonly duplicates: Counts;
  /** Over all routes. */
  readonly lost: Counts;
  readonly inFlight: number;
  readonly balanced: boolean;
  readonly routes: readonly RouteBook[];
}

export interface TopicReport {
  readonly name: string;
  readonly class: string;
  readonly cluster: string;
  readonly partitions: number;
  readonly offered: number;
  readonly stored: number;
  readonly dropped: Counts<DropCause>;
  readonly unknown: number;
  readonly inFlight: number;
  readonly balanced: boolean;
}

export interface SinkReport {
  readonly name: string;
  readonly kind: string;
  readonly latencyMs: LatencySummary;
  /** Largest lag of the whole sink seen at a sample, records. */
  readonly lagMax: number;
  /** Oldest undelivered record's age seen at a sample, seconds. */
  readonly lagMaxSeconds: number;
  /** Shortest retention among the topics routed here, seconds: lag beyond it is loss. 0 when no topic is routed here. */
  readonly retentionMinSeconds: number;
  readonly delivered: number;
  readonly writes: number;
  readonly rejects: number;
}

/** CPU use over some brokers, each over the measured time, as fractions of 1. */
export interface CpuReport {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

export interface BrokerReport {
  readonly count: number;
  readonly cpu: CpuReport;
  /** The same by region, in the order of the scenario; absent where there is one. */
  readonly regions?: readonly { readonly name: string; readonly count: number; readonly cpu: CpuReport }[];
  /** Over all fronting brokers: produce requests and the fetches of routers. The fetches of followers are not counted. */
  readonly requestsPerSecond: number;
  /** The broker with the scarcest resource: utilisation as fractions of 1. */
  readonly busiest: {
    readonly name: string;
    readonly shortOf: 'cpu' | 'network' | 'disk';
    readonly utilisation: { readonly cpu: number; readonly network: number; readonly disk: number };
  };
  readonly produceLatencyMs: LatencySummary;
}

/** A fault that struck: what the scenario asked for, what a generator came to, and what an operator's automaton did. */
export interface StruckReport {
  readonly kind: string;
  /** The written kind or the automaton that it comes from, where that is another. */
  readonly by?: string | undefined;
  /** What it struck, in short. */
  readonly target: string;
  /** From the end of the warm-up, seconds. */
  readonly atSeconds: number;
  /** 0 for what happens at one moment. */
  readonly forSeconds: number;
}

/** What an automaton that replaces brokers did, against the faults that were really at them. */
export interface HealingReport {
  readonly checks: number;
  /** Brokers that it took for outliers: with a fault, and without. */
  readonly detected: { readonly right: number; readonly wrong: number };
  readonly replaced: { readonly right: number; readonly wrong: number };
}

export interface GroupsReport {
  readonly rebalances: number;
  /** Times that a partition was nobody's, from when it was given up, or its container died, until the next owner began. */
  readonly pauses: number;
  readonly pauseMaxSeconds: number;
  /** Over all partitions. */
  readonly pauseSeconds: number;
}

export interface AssertionReport {
  readonly name: string;
  readonly ok: boolean;
  readonly observed: number;
  readonly bound: number;
}

/** One time that an alert was raised. Seconds count from the end of the warm-up. */
export interface RaisedAlert {
  readonly rule: AlertRuleName;
  /** Topic, `topic → sink` or cluster. */
  readonly subject: string;
  readonly raisedSeconds: number;
  /** Null: still raised at the end. */
  readonly clearedSeconds: number | null;
  /** What the books say was so at the same looks, and overlaps with it, from the first such time to the last; null: nothing, the alert is false. */
  readonly truth: { readonly fromSeconds: number; readonly untilSeconds: number | null } | null;
}

/** A time at which the books say that an alert should have been raised, longer than the rule waits, and none was. */
export interface MissedAlert {
  readonly rule: AlertRuleName;
  readonly subject: string;
  readonly fromSeconds: number;
  readonly untilSeconds: number | null;
}

export interface AlertsReport {
  readonly intervalSeconds: number;
  readonly looks: number;
  readonly rules: readonly {
    readonly rule: AlertRuleName;
    readonly above: number;
    /** False: the run is shorter than its window, so the rule was never asked. */
    readonly evaluated: boolean;
    readonly raised: number;
    readonly false: number;
    readonly missed: number;
  }[];
  readonly raised: readonly RaisedAlert[];
  readonly missed: readonly MissedAlert[];
}

/** One auditor's word on one topic and leg, beside what was so. Records. */
export interface AuditScore {
  /** `sends`: producers' own counters. `tiers`: counts at both ends of the leg. */
  readonly auditor: 'sends' | 'tiers';
  readonly topic: string;
  /** Downstream end: `kafka` behind producers, `sink …` behind Kafka. */
  readonly to: string;
  /** Sum of the last words on all windows. */
  readonly reportedLost: number;
  readonly trueLost: number;
  readonly reportedCopies: number;
  readonly trueCopies: number;
  /** Windows that were due for a word by the end of the run. */
  readonly windows: number;
  /** Windows of which more loss or more copies were claimed than there were, at some time. */
  readonly falseWindows: number;
  /** Windows of which no word was right. */
  readonly neverRight: number;
  /** Records that passed downstream after their windows had been closed. */
  readonly late: number;
  /** From a window's end until the first word on it that was right, mean; null: no word ever was. */
  readonly firstRightMeanSeconds: number | null;
}

export interface AuditReport {
  readonly windowSeconds: number;
  /** Records counted in reports that were lost on their way. */
  readonly reportsLost: number;
  readonly scores: readonly AuditScore[];
}

/** What was lost, and came twice, in a part of a failover: over the whole world, by cause. */
export interface FailoverPhase {
  /** Until a fault was detected; until producers were on the stand-by; until the old cluster was drained; and since. */
  readonly phase: 'before detection' | 'during shift' | 'during drain' | 'after';
  readonly dropped: Counts<DropCause>;
  readonly unknown: number;
  /** Over all routes. */
  readonly lost: Counts;
  /** Second copies in fronting logs. */
  readonly duplicates: Counts;
}

/** The score of a failover. Seconds; null for what was not reached. */
export interface FailoverReport {
  readonly cluster: string;
  readonly to: string;
  /** From the beginning of the fault until it was detected; null when none was under way. */
  readonly detect: number | null;
  /** Each step from the end of the one before. */
  readonly start: number | null;
  readonly create: number | null;
  readonly shift: number | null;
  readonly drain: number | null;
  /** Until traffic may return: the cluster is well, and has been left for as long as it should. */
  readonly stay: number | null;
  readonly shiftBack: number | null;
  readonly drainStandby: number | null;
  /** From the beginning of the fault (else from the decision) until all producers were on the stand-by. */
  readonly untilShifted: number | null;
  readonly phases: readonly FailoverPhase[];
}

export interface RunResult {
  readonly scenario: string;
  readonly scenarioHash: string;
  readonly seed: number;
  readonly version: string;
  readonly fidelity: 'record' | 'request';
  /** Measured part, after the warm-up. */
  readonly simulatedSeconds: number;
  readonly warmupSeconds: number;
  /** False when the run was stopped early (Ctrl-C): figures are what was reached. */
  readonly complete: boolean;
  /** Rolling hash of all events and a last draw of the random streams, hexadecimal. */
  readonly digest: string;
  readonly wall: {
    readonly seconds: number;
    readonly realTimeFactor: number;
    readonly peakRssBytes: number;
  };
  readonly producers: {
    readonly count: number;
    readonly streams: number;
    readonly requests: number;
    readonly recordsPerRequest: number;
  };
  readonly engineEvents: number;
  readonly ledger: LedgerReport;
  readonly topics: readonly TopicReport[];
  readonly brokers: BrokerReport;
  readonly routers: { readonly containers: number; readonly relaunches: number };
  /** What consumer groups of routers cost; absent where partitions are dealt for good. */
  readonly groups?: GroupsReport;
  readonly sinks: readonly SinkReport[];
  /** Only with `audit` in the scenario. */
  readonly audit?: AuditReport;
  /** Only with `alerts` in the scenario. */
  readonly alerts?: AlertsReport;
  /** Absent when there was none. */
  readonly failovers?: readonly FailoverReport[];
  readonly assertions: readonly AssertionReport[];
  /** Absent without an automaton. */
  readonly healing?: HealingReport;
  /** The pipeline that is being replaced beside this one; absent when none runs. */
  readonly migration?: MigrationReport;
  /** In order of time; absent when nothing struck. */
  readonly struck?: readonly StruckReport[];
  /** Settings this result rests on that are guesses: path and what is not known. */
  readonly guesses: readonly { readonly path: string; readonly note: string }[];
}
