/**
 * Cost grows linearly in requests: keystone-2015 with 1, 2, 4 and 8 million records a second (streams, instances, topics,
 * brokers and containers in proportion), each in a process of its own; a least-squares line of CPU time against requests.
 * Then what failures cost: the whole of it for a minute in which 17 brokers die and return, beside the same minute without.
 */
import { inChild } from './child.ts';
import { fitLine } from './line.ts';
import { scaledKeystone } from './scaled-keystone.ts';
import { millions, table } from './table.ts';

/** Of 1,692 fronting brokers, in a minute; a part of the size or of the minute has as many in proportion, but one at least. */
const FAILURES = 17;

const SCALES = [1 / 8, 1 / 4, 1 / 2, 1];

export async function run({ quick }: { quick: boolean }): Promise<void> {
  // The same steps, an eighth of the size.
  const shrink = quick ? 1 / 8 : 1;
  const points = SCALES.map((scale) => {
    const sets = [...scaledKeystone(scale * shrink), `run.warmup=1s`, `run.for=${quick ? '1s' : '3s'}`];
    return { rate: 8e6 * scale * shrink, ...inChild('steady-main', { sets }) };
  });
  const line = fitLine(points.map(({ requests, cpuSeconds }) => ({ x: requests, y: cpuSeconds })));
  console.log(`keystone-2015, measured part after a warm-up of 1 s; Node ${process.version}\n`);
  console.log(
    table(
      ['records/s', 'requests', 'events', 'CPU s', 'wall s', 'CPU ns a request', 'line', 'residual'],
      points.map(({ rate, requests, events, cpuSeconds, wallSeconds }) => {
        const fitted = line.intercept + line.slope * requests;
        return [
          millions(rate),
          String(requests),
          String(events),
          cpuSeconds.toFixed(3),
          wallSeconds.toFixed(3),
          ((cpuSeconds * 1e9) / requests).toFixed(0),
          fitted.toFixed(3),
          `${(cpuSeconds - fitted).toFixed(3)} (${((100 * (cpuSeconds - fitted)) / cpuSeconds).toFixed(1)} %)`,
        ];
      }),
    ),
  );
  console.log(
    `
CPU seconds = ${line.intercept.toFixed(3)} + ${(line.slope * 1e9).toFixed(0)} ns × requests, R² = ${line.rSquared.toFixed(5)}
A cost that follows brokers × brokers or partitions × time would bend the line upwards: residuals above it at both ends.
CPU time of all threads of the process, as wall time follows whatever else the machine does. The intercept is what the compiler
does once; each process starts cold.
`,
  );
  failuresCost(quick ? { scale: shrink, seconds: 30 } : { scale: 1, seconds: 60 });
  console.log(`npm run bench -- cost${quick ? ' --quick' : ''}`);
}

function failuresCost({ scale, seconds }: { scale: number; seconds: number }): void {
  const failures = Math.max(1, Math.round((FAILURES * scale * seconds) / 60));
  const { simulatedSeconds, healthy, failing } = inChild('failures-main', {
    sets: [...scaledKeystone(scale), 'run.warmup=1s', `run.for=${seconds}s`],
    failures,
    downFor: `${Math.round(seconds / 3)}s`,
    slices: 2 * seconds,
  });
  const rows = [['none', healthy] as const, [`${failures} brokers in ${seconds} s`, failing] as const];
  console.log(
    table(
      ['failures', 'requests', 'events', 'CPU s', 'wall s', 'CPU ns a request', '× real time, by CPU', 'speed'],
      rows.map(([name, { requests, events, cpuSeconds, wallSeconds }]) => [
        name,
        String(requests),
        String(events),
        cpuSeconds.toFixed(2),
        wallSeconds.toFixed(2),
        ((cpuSeconds * 1e9) / requests).toFixed(0),
        (simulatedSeconds / cpuSeconds).toFixed(2),
        `${((100 * healthy.cpuSeconds) / cpuSeconds).toFixed(1)} %`,
      ]),
    ),
  );
  console.log(
    `
Brokers die without warning and are started again after a third of the time: sessions that end, elections, producers that knock,
copies that catch up. Both runs in one process, half a simulated second of one after half a second of the other.
`,
  );
}
