/** Bugs planted in copies of the cores, each found by the testing kit from what the pipeline promises, and made small. */
import { afterAll, describe, expect, it } from 'vitest';
import type * as kit from '../sim/testing/index.ts';
import { smallPipeline } from '../sim/testing/traps.fixture.ts';
import { type Edit, Mutants } from './mutant.fixture.ts';

const mutants = new Mutants('planted-bugs');
afterAll(() => mutants.remove());

interface Planted {
  readonly bug: string;
  readonly edits: readonly Edit[];
  readonly check: kit.CheckOptions;
  /** Which promise it breaks. */
  readonly breaks: string;
}

const patient = smallPipeline({ policy: { deliveryTimeout: 'never', idempotence: 'off' } });
const ordered = smallPipeline({
  policy: { inFlight: 1, linger: '0ms', deliveryTimeout: 'never', idempotence: 'off' },
  topic: { rate: '200/s' },
});
/** So little comes that nothing else wakes a producer that has forgotten something. */
const sparse = smallPipeline({ policy: { deliveryTimeout: 'never' }, topic: { rate: '10/s' } });
const BROKERS = ['cluster-unreachable', 'broker-kill', 'broker-stop', 'broker-hang', 'leader-rebalance'] as const;
const SENDING = 'src/producer/sending.ts';
const RECHECK = 'this.#state.recheckAt(producer, ';

const planted: readonly Planted[] = [
  {
    bug: 'a producer that never retries',
    edits: [[SENDING, '> config.retriesMax)', '> 0)']],
    check: { world: patient, bounds: { loss: 0 }, faults: { kinds: ['cluster-unreachable'] } },
    breaks: 'loses at most 0 records',
  },
  {
    bug: 'a producer that takes silence for success',
    edits: [[SENDING, 'if (outcome === OUTCOME_OK) {', 'if (outcome === OUTCOME_OK || outcome === OUTCOME_UNKNOWN) {']],
    check: { world: patient, bounds: { loss: 0 }, faults: { kinds: ['cluster-unreachable', 'broker-kill'] } },
    breaks: 'loses at most 0 records',
  },
  {
    bug: 'a producer that lets a younger batch overtake one that backs off',
    edits: [[SENDING, '        passed.push(batch);\n', '']],
    check: { world: ordered, bounds: { order: 'log' }, faults: { kinds: BROKERS } },
    breaks: 'keeps order per key in the logs',
  },
  {
    bug: 'a producer that does not count its requests in flight',
    edits: [[SENDING, '>= this.#state.config.inFlightMax) return false', '>= Infinity) return false']],
    check: { world: ordered, bounds: { order: 'log' }, faults: { kinds: BROKERS } },
    breaks: 'keeps order per key in the logs',
  },
  {
    bug: 'a producer that forgets what records cost beyond their payload',
    edits: [
      [
        'src/producer/admission.ts',
        'const chargeEach = bytesEach + config.overheadBytesPerRecord;',
        'const chargeEach = bytesEach;',
      ],
    ],
    check: { world: smallPipeline({ policy: { buffer: '2kB' } }), bounds: { memory: '2kB' } },
    breaks: 'a producer holds at most 2kB',
  },
  {
    bug: 'a producer whose buffer leaks',
    edits: [
      [
        'src/producer/state.ts',
        '-= batches.floats[batch * B_FLOATS + B_CHARGED_BYTES];',
        '-= batches.floats[batch * B_FLOATS + B_CHARGED_BYTES] - 20;',
      ],
    ],
    check: {
      world: smallPipeline({ policy: { buffer: '1kB' } }),
      bounds: { loss: 0 },
      faults: { faultsMax: 0 },
      runs: 20,
    },
    breaks: 'loses at most 0 records',
  },
  {
    bug: 'an overflow policy that evicts its own class',
    edits: [['src/producer/overflow.ts', 'lower < serviceClass; lower++', 'lower <= serviceClass; lower++']],
    check: {
      world: smallPipeline({ policy: { buffer: '1kB', overflow: 'evict-lower' } }),
      bounds: { loss: { class: 'normal', cause: 'evicted', atMost: 0 } },
    },
    breaks: 'loses at most 0 records of class normal by evicted',
  },
  {
    bug: 'a producer that forgets to try again after a back-off',
    edits: [
      [SENDING, `${RECHECK}batches.floats[batch * B_FLOATS + B_NOT_BEFORE_NS]);\n    } else {`, '} else {'],
      [SENDING, `push(batch);\n        ${RECHECK}batches.floats[batch * B_FLOATS + B_NOT_BEFORE_NS]);`, 'push(batch);'],
    ],
    check: { world: sparse, phases: { resume: '0ms' } },
    breaks: 'drains once all is healed',
  },
  {
    bug: 'a producer that forgets to connect again',
    edits: [
      [SENDING, `${RECHECK}this.#state.connections.blockedUntilNs(producer, from));`, ''],
      [SENDING, `${RECHECK}untilNs);`, ''],
    ],
    check: { world: sparse, phases: { resume: '0ms' } },
    breaks: 'drains once all is healed',
  },
  {
    bug: 'a router that commits before it has written',
    edits: [['src/router/progress.ts', 'const to = s[at + this.upTo];', 'const to = s[at + POSITION];']],
    check: {
      world: patient,
      faults: { kinds: ['router-crash', 'sink-stop'] },
      bounds: { loss: { cause: 'undelivered', atMost: 0 } },
    },
    breaks: 'invariants hold and the books balance',
  },
  {
    bug: 'a router that takes a refused write for a written one',
    edits: [
      [
        'src/router/core.ts',
        "if (dropped || result === 'ok') {",
        "if (dropped || result === 'ok' || result === 'failed') {",
      ],
    ],
    check: { world: patient },
    breaks: 'invariants hold and the books balance',
  },
  {
    bug: 'a router that never fetches again after a failed fetch',
    edits: [
      [
        'src/router/core.ts',
        "    this.fetching.backOff(slot, nowNs + this.backoffNs(attempts, 'fetch'));\n",
        '    void attempts;\n',
      ],
    ],
    check: { world: patient },
    breaks: 'drains once all is healed',
  },
  {
    bug: 'a router that never resumes what it has paused',
    edits: [
      [
        'src/router/fetching.ts',
        'if (this.waitingCount === 0 || !this.hasRoom()) return -1;',
        'if (this.waitingCount >= 0) return -1;',
      ],
    ],
    check: { world: smallPipeline({ router: { buffer: '1kB', fetchMax: '1kB' } }) },
    breaks: 'drains once all is healed',
  },
  {
    bug: 'a router whose failed writes are never due again',
    edits: [
      [
        'src/router/sends.ts',
        '    this.setDue(at, atNs);\n  }\n\n  /** Calls back',
        '    this.setDue(at, atNs + Infinity);\n  }\n\n  /** Calls back',
      ],
    ],
    check: { world: patient },
    breaks: 'drains once all is healed',
  },
];

describe('a planted bug is found, and made small', () => {
  it.each(planted)('$bug', async ({ edits, check, breaks }) => {
    const copy = await mutants.load<typeof kit>('sim/testing/index.ts', ...edits);
    const { failure, schedules } = copy.checkPolicy({ runs: 500, seed: 1, ...check });
    expect(failure?.bound, `after ${schedules} schedules`).toBe(breaks);
    expect(failure!.scenario.faults!.length).toBeLessThanOrEqual(3);
  });

  it('and nothing is where nothing was planted', async () => {
    const copy = await mutants.load<typeof kit>('sim/testing/index.ts');
    for (const { check } of planted) {
      const { failure } = copy.checkPolicy({ seed: 1, ...check, runs: 10 });
      expect(failure?.text).toBeUndefined();
    }
  });
});
