/**
 * Memory: peak resident set of keystone-2015 when the simulated time is ten times longer, and with one cluster out of
 * producers' reach for 30 s. Each run in a process of its own.
 */
import { inChild } from './child.ts';
import { scaledKeystone } from './scaled-keystone.ts';
import type { Steady } from './steady.ts';
import { megabytes, millions, table } from './table.ts';

const BYTES_MAX = 1.5e9;
/** Peaks differ by a heap growing in steps and by when a collection comes; what follows time grows by far more. */
const GROWTH_MAX = 1.5;

export async function run({ quick }: { quick: boolean }): Promise<void> {
  const scale = quick ? 1 / 100 : 1;
  const warmup = quick ? '500ms' : '2s';
  const [short, long] = quick ? ['500ms', '5s'] : ['3s', '30s'];
  const outage = quick ? '1s' : '30s';
  // At a small scale there is one cluster of each class.
  const cluster = scale === 1 ? 'normal-1' : 'normal';
  const setsOf = (forSimulated: string): string[] => [
    ...scaledKeystone(scale),
    `run.warmup=${warmup}`,
    `run.for=${forSimulated}`,
  ];
  const shortRun = inChild('steady-main', { sets: setsOf(short) });
  const longRun = inChild('steady-main', { sets: setsOf(long) });
  const outageRun = inChild('steady-main', {
    sets: [
      ...setsOf(quick ? '3s' : '40s'),
      `faults=[{kind: cluster-unreachable, at: ${quick ? '1s' : '3s'}, for: ${outage}, cluster: ${cluster}}]`,
    ],
  });

  console.log(`keystone-2015 at ${millions(8e6 * scale)} records/s, warm-up ${warmup}; Node ${process.version}\n`);
  console.log(
    table(
      ['measured time', 'requests', 'peak RSS', 'RSS at each tenth', 'wall s', '× real time', 'dropped'],
      [
        rowOf(short, shortRun),
        rowOf(long, longRun),
        rowOf(`${cluster} out for ${outage} of ${quick ? '3s' : '40s'}`, outageRun),
      ],
    ),
  );
  const growth = longRun.peakRssBytes / shortRun.peakRssBytes;
  console.log(
    `
Ten times the simulated time takes ${growth.toFixed(2)} times the memory (at most ${GROWTH_MAX} expected), at most ${megabytes(BYTES_MAX)} expected.
Peak RSS: the largest resident set of the process, building included. Wall s and × real time: of the measured part.
During the outage producers' buffers fill, up to 8 MiB each; what does not fit drops as the preset's policy says. The
records of a batch are a count, so that a full buffer costs its batches, not its bytes. Requests count every attempt to
reach a broker, refused ones too.
npm run bench -- memory${quick ? ' --quick' : ''}`,
  );
  for (const { peakRssBytes } of [shortRun, longRun, outageRun]) {
    if (peakRssBytes > BYTES_MAX)
      throw new Error(`peak RSS ${megabytes(peakRssBytes)}, at most ${megabytes(BYTES_MAX)}`);
  }
  if (growth > GROWTH_MAX) throw new Error(`memory grew ${growth.toFixed(2)} times, at most ${GROWTH_MAX} expected`);
}

function rowOf(name: string, measured: Steady): string[] {
  const { requests, peakRssBytes, rssBytes, wallSeconds, simulatedSeconds, dropped, balanced } = measured;
  if (!balanced) throw new Error('the books do not balance');
  return [
    name,
    String(requests),
    megabytes(peakRssBytes),
    rssBytes.map((bytes) => (bytes / 1e6).toFixed(0)).join(' '),
    wallSeconds.toFixed(1),
    (simulatedSeconds / wallSeconds).toFixed(2),
    Object.entries(dropped)
      .map(([cause, n]) => `${cause} ${n}`)
      .join(', ') || 'none',
  ];
}
