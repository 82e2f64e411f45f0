import type { Figures } from './figures.ts';
import type { Outage } from './workload.ts';

export interface Column {
  readonly name: string;
  readonly figures: Figures;
}

const CAUSES = ['buffer-full', 'evicted', 'expired', 'retries-exhausted'] as const;

interface Row {
  readonly name: string;
  readonly of: (figures: Figures) => number;
  /** By so much two runs may differ and count as alike: a share of the real figure, and an amount. */
  readonly alike: { readonly share: number; readonly amount: number };
  readonly unit?: string;
  /** Why they differ when they do. */
  readonly reason: (outage: Outage) => string;
}

const CONNECTING =
  'the real client finds out that the broker is back when it next tries to connect, and a broker serves a while before it leads again; the model takes the first attempt of the core';

export const ROWS: readonly Row[] = [
  { name: 'offered', of: (f) => f.offered, alike: { share: 0, amount: 0 }, reason: () => 'nothing should' },
  {
    name: 'delivered',
    of: (f) => f.delivered,
    alike: { share: 0.02, amount: 50 },
    reason: () => 'what is dropped, unknown or in flight below',
  },
  ...CAUSES.map(
    (cause): Row => ({
      name: `dropped: ${cause}`,
      of: (f) => f.dropped[cause] ?? 0,
      alike: { share: 0.1, amount: 50 },
      reason: (outage) =>
        outage === 'cluster-away'
          ? 'all columns decide alike while the cluster is away; what differs comes of the resume below'
          : 'how long the buffer is full depends on the resume below, and on whether a client holds up what goes elsewhere',
    }),
  ),
  {
    name: 'unknown',
    of: (f) => f.unknown,
    alike: { share: 0.1, amount: 50 },
    reason: () => 'what was in flight when the connection broke, and was given up before it could be sent again',
  },
  {
    name: 'in flight at the end',
    of: (f) => f.inFlight,
    alike: { share: 0, amount: 0 },
    reason: () => 'a scenario ends while its traffic goes on; the others close their producer',
  },
  {
    name: 'duplicates',
    of: (f) => f.duplicates,
    alike: { share: 0.2, amount: 60 },
    reason: (outage) =>
      outage === 'broker-hang'
        ? 'requests that wait in the hung broker’s sockets are written when it goes on, unless the client has closed its connection by then; a real broker that hangs loses its session too, and is sent no more once nobody leads'
        : 'only a write whose answer is lost is written twice: a request or two, by chance',
  },
  {
    name: 'requests',
    of: (f) => f.requests,
    alike: { share: 0.1, amount: 20 },
    reason: () =>
      'what is due within one turn of the event loop shares a request, and turns of a busy machine take longer than none',
  },
  {
    name: 'records a request',
    of: (f) => f.recordsPerRequest,
    alike: { share: 0.1, amount: 1 },
    reason: () => 'as for requests',
  },
  {
    name: 'time to resume',
    of: (f) => f.resumeMs,
    alike: { share: 0.2, amount: 50 },
    unit: ' ms',
    reason: (outage) =>
      outage === 'broker-hang'
        ? 'the held requests are answered at once; what comes first is a matter of the client'
        : CONNECTING,
  },
  {
    name: 'longest gap elsewhere',
    of: (f) => f.gapMs,
    alike: { share: 0.5, amount: 50 },
    unit: ' ms',
    reason: () =>
      'a real client shares its event loop, its connections and its questions for metadata between brokers: one that is away holds up writes to the others',
  },
];

const shown = (value: number, unit = ''): string =>
  Number.isNaN(value)
    ? '—'
    : Number.isFinite(value)
      ? `${Number(value.toFixed(value < 100 && !Number.isInteger(value) ? 1 : 0))}${unit}`
      : 'never';

/** The table, then a line for each row in which a column differs from the first. */
export function render(outage: Outage, columns: readonly Column[]): string {
  const cells = ROWS.map((row) => [row.name, ...columns.map(({ figures }) => shown(row.of(figures), row.unit))]);
  const all = [['', ...columns.map(({ name }) => name)], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const table = all.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  const [{ figures: real }] = columns;
  const differences = ROWS.filter((row) =>
    columns.some(({ figures }) => {
      const [a, b] = [row.of(real), row.of(figures)];
      return Math.abs(a - b) > Math.max(row.alike.amount, row.alike.share * Math.abs(a));
    }),
  ).map(({ name, reason }) => `  ${name}: ${reason(outage)}`);
  const why = differences.length === 0 ? ['They agree.'] : ['Where they differ:', ...differences];
  return [...table, '', ...why].join('\n');
}
