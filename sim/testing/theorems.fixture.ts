/** What is known to hold, as checks: for a few schedules with every test run, for thousands in the deep one. */
import { DedupeWindow } from '../../src/router/dedupe.ts';
import { nsOf } from './arbitrary/duration.ts';
import { FAULT_KINDS } from './arbitrary/fault-kinds.ts';
import type { CheckOptions } from './check.ts';
import { smallPipeline } from './traps.fixture.ts';

const MINUTE_NS = 60_000_000_000;
/** All but those that take disks away: when every copy's is gone, so is what was acknowledged, as it must. */
const DISKS_STAY = FAULT_KINDS.map(({ kind }) => kind).filter(
  (kind) => !/^(chaos-|broker-replace|image-replacement)/.test(kind),
);

export interface Theorem {
  readonly says: string;
  readonly check: CheckOptions;
}

/** Whatever strikes: worlds, traffic, settings and faults are all drawn. */
const ANYTHING: readonly Theorem[] = [
  { says: 'books balance, and all drains once healed, whatever is set and strikes', check: {} },
  { says: 'the same in request fidelity', check: { fidelity: 'request' } },
  {
    says: 'at-least-once routers lose nothing while lag stays under retention, whatever crashes',
    check: {
      bounds: { loss: ['retention', 'undelivered'].map((cause) => ({ cause: cause as 'retention', atMost: 0 })) },
    },
  },
];

const GIVEN: readonly Theorem[] = [
  {
    says: 'a bounded buffer never holds more than its bound (drop-new)',
    check: {
      world: smallPipeline({ policy: { buffer: '2kB' }, topic: { rate: '200/s' } }),
      bounds: { memory: '2kB' },
    },
  },
  {
    says: 'a bounded buffer never holds more than its bound (drop-oldest)',
    check: {
      world: smallPipeline({ policy: { buffer: '2kB', overflow: 'drop-oldest' }, topic: { rate: '200/s' } }),
      bounds: { memory: '2kB' },
    },
  },
  {
    says: 'a producer that never gives up, with room for the outage, loses nothing while disks stay',
    check: {
      world: smallPipeline({ policy: { deliveryTimeout: 'never' }, brokers: 3, copies: 3 }),
      faults: { kinds: DISKS_STAY },
      bounds: { loss: 0 },
    },
  },
  {
    says: 'with three copies in three zones, acks all, two in sync and clean elections, nothing acknowledged is lost when one broker or zone fails, or one network partitions, at a time and all copies are in sync before the next',
    check: {
      world: smallPipeline({
        brokers: 3,
        copies: 3,
        log: { minInsyncReplicas: 2 },
        policy: { acks: 'all', deliveryTimeout: 'never' },
        topic: { rate: '100/s', partitions: 2 },
      }),
      faults: {
        kinds: ['broker-kill', 'zone-kill', 'broker-hang', 'broker-stop', 'network-partition'],
        apart: '700ms',
        forMax: '600ms',
      },
      bounds: { loss: 0, duplicates: 0 },
    },
  },
  {
    // What is given up may still be on its way, and land behind its successors: traps.test.ts has it.
    says: 'order per key holds in the logs with one request in flight, as long as nothing is given up',
    check: {
      world: smallPipeline({
        policy: { partitioner: 'keyed', keys: 5, inFlight: 1, deliveryTimeout: 'never' },
        topic: { partitions: 2, rate: '100/s' },
      }),
      bounds: { order: 'log' },
    },
  },
  {
    says: 'de-duplication by guid gives exactly once within its window, while disks stay',
    check: {
      world: smallPipeline({ policy: { deliveryTimeout: 'never' } }),
      faults: { kinds: DISKS_STAY },
      dedupe: () => new DedupeWindow({ idsMax: 1_000_000, windowNs: MINUTE_NS }),
      bounds: { loss: 0, duplicates: 0 },
    },
  },
  {
    says: 'a router writes again at most what it had not committed, once for each crash',
    check: {
      world: smallPipeline(),
      faults: { kinds: ['router-crash'] },
      bounds: { loss: 0, duplicates: ({ written }) => uncommittedAtMost(written.faults ?? []) },
    },
  },
  {
    says: 'a sink that is away troubles no other',
    check: {
      world: smallPipeline({
        sinks: {
          archive: { kind: 's3', fileAge: '50ms', putLatency: '10ms' },
          search: { kind: 'rate-limited', rate: '5000/s' },
        },
      }),
      faults: { kinds: ['sink-stop'], where: ({ sink }) => sink === 'search' },
      bounds: { loss: 0, duplicates: 0, staleness: { sink: 'archive', atMost: '300ms' } },
    },
  },
];

/**
 * Records of one commit interval, 100 ms at 50 a second, its answer and Poisson's luck, for each crash. A container that crashes
 * again before it has committed anything had not committed what it began with either: all since the first of such crashes.
 */
function uncommittedAtMost(crashes: readonly { readonly at: string | number }[]): number {
  const RELAUNCH_AND_COMMIT_NS = 500_000_000;
  const times = crashes.map(({ at }) => nsOf(String(at))).sort((one, other) => one - other);
  let sinceNs = -Infinity;
  return times.reduce((most, atNs, i) => {
    if (i === 0 || atNs - times[i - 1]! > RELAUNCH_AND_COMMIT_NS) sinceNs = atNs;
    return most + 25 + Math.ceil(((atNs - sinceNs) / 1e9) * 2 * 50);
  }, 0);
}

export const THEOREMS: readonly Theorem[] = [...ANYTHING, ...GIVEN];
