/**
 * The main job: keystone-2015, request fidelity, steady state after the warm-up, on one core. Prints simulated records a
 * wall second and the real-time factor; nanoseconds a request at about 2, 7 and 15 records a request; engine events a
 * request; and the ratio to a loop over the same engine that does nothing but pop and push as many events, as many
 * pending and as far ahead. `node bench/run.mjs --only main --record`, after a build, writes those increments at full
 * size to bench/increments.json, for bench/engine.
 */
import { writeFileSync } from 'node:fs';
import { inChild } from './child.ts';
import { CONTENDERS } from './contender.ts';
import { INCREMENTS, linesOf, recordIncrements } from './increments.ts';
import { requestSizes } from './request-sizes.ts';
import { scaledKeystone } from './scaled-keystone.ts';
import { type Steady, steady, warmedUp } from './steady.ts';
import { millions, table } from './table.ts';

interface Load {
  readonly name: string;
  readonly linger: string;
  /** Settings of `run`: more requests a second need less simulated time. */
  readonly warmup: string;
  readonly for: string;
}

/**
 * A stream of the preset has 151 records a second: 1 + 151 × linger of them come while a batch lingers. Steady is what
 * comes after the first fetches, which wait for half a second, and for the main load after the first files of S3, 5 s old.
 */
const QUICK: readonly Load[] = [
  { name: '15', linger: '100ms', warmup: '1500ms', for: '1500ms' },
  { name: '7', linger: '40ms', warmup: '1s', for: '500ms' },
  { name: '2', linger: '7ms', warmup: '1s', for: '250ms' },
];
const FULL: readonly Load[] = [
  { name: '15', linger: '100ms', warmup: '6s', for: '5s' },
  { name: '7', linger: '40ms', warmup: '2s', for: '2s' },
  { name: '2', linger: '7ms', warmup: '1500ms', for: '600ms' },
];

export async function run({ quick }: { quick: boolean }): Promise<void> {
  if (process.argv.includes('--record')) {
    record();
    return;
  }
  const scale = quick ? 1 / 20 : 1;
  const loads = quick ? QUICK : FULL;
  const setsOf = (load: Load): string[] => [
    ...scaledKeystone(scale),
    `producers.policy.linger=${load.linger}`,
    `run.warmup=${load.warmup}`,
    `run.for=${load.for}`,
  ];

  console.log(
    `keystone-2015 at ${millions(8e6 * scale)} records/s${scale < 1 ? ` (1/${1 / scale} of it: as many streams, brokers and containers fewer)` : ''}, request fidelity, steady state; Node ${process.version}\n`,
  );
  const { steady: main, simulation } = steady({ sets: setsOf(loads[0]) });
  const others = loads.slice(1).map((load) => inChild('steady-main', { sets: setsOf(load) }));

  // Watching costs time: only now that the clock is off.
  const watchedNs = quick ? 200_000_000 : 400_000_000;
  const sizes = requestSizes(simulation, watchedNs);
  if (sizes.recordsMean > sizes.recordsFit) {
    throw new Error(`${sizes.recordsMean} records a request, expected at most ${sizes.recordsFit}: a mega-producer`);
  }
  const increments = recordIncrements(simulation, watchedNs);
  const loop = loopNs(increments, main.pending, quick ? 1_000_000 : 4_000_000);

  console.log(
    table(
      [
        'records a request',
        'linger',
        'requests',
        'ns a request',
        'CPU ns',
        'events a request',
        'broker CPU %',
        'M records/s',
        '× real time',
      ],
      [main, ...others].map((each, i) => rowOf(each, loads[i])),
    ),
  );
  console.log(
    `
ns a request: wall time of the measured part over its requests, everything that a request causes included: its records'
arrival, admission and batching, network, broker, replication, routing, sinks and the books. CPU ns: the same by CPU time
of all threads; where wall time is much more, the machine was busy with something else.
M records/s: simulated records a wall second, at this scale; × real time: simulated seconds a wall second.
`,
  );
  const perEventNs = (main.wallSeconds * 1e9) / main.events;
  console.log(
    table(
      [`${main.pending} events pending`, 'ns an event', 'ratio'],
      [
        ['a loop that only pops and pushes', loop.toFixed(0), '1.0'],
        ['the main job', perEventNs.toFixed(0), (perEventNs / loop).toFixed(1)],
      ],
    ),
  );
  console.log(
    `
The loop: the same engine with as many events pending, each of which schedules the next one of its chain by ${INCREMENTS}
increments recorded from this run, round and round. Same process, right after it.

Records a request, of ${sizes.requests} requests looked at one by one: mean ${sizes.recordsMean.toFixed(2)}, where batch bytes ÷ record bytes is ${sizes.recordsFit.toFixed(1)}
(a larger mean would have thrown). The fullest batch holds ${(100 * sizes.fullest).toFixed(0)} % of its own batch bytes ÷ record bytes, ${sizes.batchRecordsMax} records (more than
100 % would have thrown); ${(100 * sizes.shared).toFixed(1)} % of requests carry batches of several partitions of one broker, at most ${sizes.requestRecordsMax} records together.
npm run bench -- main${quick ? ' --quick' : ''}`,
  );
}

/** At full size, whatever else is asked. */
function record(): void {
  const simulation = warmedUp({ sets: ['run.warmup=1500ms'] });
  writeFileSync('bench/increments.json', linesOf(recordIncrements(simulation, 400_000_000)));
  console.log(`${INCREMENTS} increments of keystone-2015 in bench/increments.json`);
}

function rowOf(measured: Steady, load: Load): string[] {
  const { records, requests, events, wallSeconds, cpuSeconds, simulatedSeconds, brokerCpu, balanced } = measured;
  if (!balanced) throw new Error('the books do not balance');
  return [
    `about ${load.name}: ${(records / requests).toFixed(2)}`,
    load.linger,
    String(requests),
    ((wallSeconds * 1e9) / requests).toFixed(0),
    ((cpuSeconds * 1e9) / requests).toFixed(0),
    (events / requests).toFixed(2),
    (100 * brokerCpu).toFixed(0),
    (records / wallSeconds / 1e6).toFixed(2),
    (simulatedSeconds / wallSeconds).toFixed(2),
  ];
}

/** ns an event of the engine alone. */
function loopNs(increments: readonly number[], pending: number, events: number): number {
  const engine = CONTENDERS.find(({ name }) => name === 'spillway engine')!;
  const loop = engine.start({ pending, incrementsNs: Float64Array.from(increments), timeouts: false, timeoutNs: 0 });
  // Until every chain has moved a few times the times pending aren't spread as the increments spread them.
  loop.run(Math.max(events / 4, 3 * pending));
  const began = performance.now();
  loop.run(events);
  return ((performance.now() - began) * 1e6) / events;
}
