/** The comparison of the old pipeline with the new, record by record: what `--json` and the summary say of it. */
import { invariant } from '../engine/invariant.ts';
import { addTo, type Tally, tallied } from '../ledger/tally.ts';
import { fateOf } from '../model/collectors/message-book.ts';
import type { OldPipeline } from '../model/collectors/old-pipeline.ts';
import { shadowFateOf } from '../model/collectors/shadow-book.ts';
import { count, counted, milliseconds } from './figures.ts';
import type { Counts, LatencySummary } from './result.ts';
import { table } from './table.ts';

const MS = 1_000_000;

export interface PipelineSide {
  readonly delivered: number;
  readonly duplicates: number;
  /** By what took them. */
  readonly lost: Counts;
  readonly inFlight: number;
}

export interface MigrationReport {
  /** The S3 sink that both fill. */
  readonly sink: string;
  readonly collectors: number;
  readonly offered: number;
  readonly old: PipelineSide & { readonly latencyMs: LatencySummary };
  readonly new: PipelineSide;
  readonly both: number;
  /** With one only, by why not with the other: a cause, or `in-flight`. */
  readonly onlyOld: Counts;
  readonly onlyNew: Counts;
  readonly neither: number;
  /** Of the branch: copies that collectors gave it. */
  readonly branch?: {
    readonly taken: number;
    readonly delivered: number;
    readonly lost: Counts;
    readonly backlog: number;
  };
}

/** Throws `InvariantError` when the old pipeline's books do not balance. */
export function migrationReport(old: OldPipeline, sink: string): MigrationReport {
  const { book, shadow, collectors } = old;
  invariant(book.held === old.held, `copies counted are ${book.held}, those found ${old.held}`);
  const sides = { old: new Side(), new: new Side() };
  const onlyOld: Tally = {};
  const onlyNew: Tally = {};
  let both = 0;
  let neither = 0;
  book.messages.forEach((messages, stream) => {
    messages.forEach((message, ordinal) => {
      const there = fateOf(message);
      // Both are offered a record at the same time; the run may end between the two events.
      const record = shadow.records[stream][ordinal];
      const here = record === undefined ? 'in-flight' : shadowFateOf(record);
      sides.old.add(there, message.arrivals);
      sides.new.add(here, record?.arrivals ?? 0);
      if (there === 'delivered' && here === 'delivered') both++;
      else if (there === 'delivered') addTo(onlyOld, here, 1);
      else if (here === 'delivered') addTo(onlyNew, there, 1);
      else neither++;
    });
  });
  invariant(sides.old.delivered === book.delivered, 'what arrived is what was counted when it did');
  return {
    sink,
    collectors: collectors.length,
    offered: book.offered,
    old: { ...sides.old.report(), latencyMs: book.latency.toSummary(MS) },
    new: sides.new.report(),
    both,
    onlyOld,
    onlyNew,
    neither,
    ...(collectors[0].branch !== null && { branch: branchReport(old) }),
  };
}

export function migrationLines(report: MigrationReport, columns: number): string[] {
  const causes = (counts: Counts): string =>
    Object.entries(counts)
      .map(([cause, n]) => `${cause} ${count(n!)}`)
      .join(', ') || 'none';
  const row = (name: string, { delivered, duplicates, lost, inFlight }: PipelineSide): string[] => [
    name,
    count(report.offered),
    count(delivered),
    count(tallied(lost)),
    count(inFlight),
    count(duplicates),
  ];
  return [
    ...table({
      head: [`to ${report.sink}`, 'offered', 'delivered', 'lost', 'in flight', 'duplicates'],
      rows: [row('old pipeline', report.old), row('new pipeline', report.new)],
      columns,
    }),
    `  with both ${count(report.both)}, with neither ${count(report.neither)}`,
    `  with the old one only ${count(tallied(report.onlyOld))}; in the new one: ${causes(report.onlyOld)}`,
    `  with the new one only ${count(tallied(report.onlyNew))}; in the old one: ${causes(report.onlyNew)}`,
    `  lost by the old one: ${causes(report.old.lost)}`,
    `  the old one takes ${milliseconds(report.old.latencyMs.mean)} ms on average, ${milliseconds(report.old.latencyMs.p99)} at p99`,
    ...(report.branch === undefined
      ? []
      : [
          `  branch: ${counted(report.branch.taken, 'copy', 'copies')} taken, ${count(report.branch.delivered)} delivered, ` +
            `${count(report.branch.backlog)} wait; lost: ${causes(report.branch.lost)}`,
        ]),
  ];
}

function branchReport({ collectors }: OldPipeline): NonNullable<MigrationReport['branch']> {
  const lost: Tally = {};
  let taken = 0;
  let delivered = 0;
  let backlog = 0;
  for (const { branch } of collectors) {
    taken += branch!.taken;
    delivered += branch!.delivered;
    backlog += branch!.backlog;
    for (const [cause, n] of Object.entries(branch!.lost)) addTo(lost, cause, n);
  }
  invariant(taken === delivered + tallied(lost) + backlog, 'what a branch took it delivered, lost or holds');
  return { taken, delivered, lost, backlog };
}

class Side {
  delivered = 0;
  #duplicates = 0;
  #inFlight = 0;
  readonly #lost: Tally = {};

  add(fate: string, arrivals: number): void {
    if (fate === 'delivered') {
      this.delivered++;
      this.#duplicates += arrivals - 1;
    } else if (fate === 'in-flight') this.#inFlight++;
    else addTo(this.#lost, fate, 1);
  }

  report(): PipelineSide {
    return { delivered: this.delivered, duplicates: this.#duplicates, lost: this.#lost, inFlight: this.#inFlight };
  }
}
