/**
 * Cores broken on purpose. The simulator takes no decision of its own, so a core that decides worse must show in the
 * books, in both fidelities and alike.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { generic, MS, type SmallWorld, smallWorld } from '../sim/model/small-world.fixture.ts';
import type { LedgerReport } from '../sim/report/result.ts';
import type { SinkSpec } from '../sim/scenario/scenario.ts';
import * as unbroken from '../sim/simulation.ts';
import { type Edit, Mutants } from './mutant.fixture.ts';

type Room = Pick<typeof unbroken, 'Simulation'>;

const mutants = new Mutants('mutants');
const mutant = (...edits: readonly Edit[]): Promise<Room> => mutants.load('sim/simulation.ts', ...edits);

afterAll(() => mutants.remove());

const FIDELITIES = ['record', 'request'] as const;

/** The books of a world at its end, or the message of the check that broke. */
function books(room: Room, world: SmallWorld, fidelity: (typeof FIDELITIES)[number]): LedgerReport | string {
  try {
    const simulation = new room.Simulation(smallWorld({ ...world, fidelity }));
    simulation.advance();
    return simulation.finish().ledger;
  } catch (error) {
    // A mutant has an InvariantError of its own: the name is all that two copies share.
    if ((error as Error).name === 'InvariantError') return (error as Error).message;
    throw error;
  }
}

const all = (room: Room, world: SmallWorld) => FIDELITIES.map((fidelity) => books(room, world, fidelity));

const stop = {
  kind: 'broker-kill',
  atNs: 600 * MS,
  forNs: 200 * MS,
  cluster: 'fronting',
  broker: 0,
  disk: 'kept',
} as const;
const away = { kind: 'cluster-unreachable', atNs: 300 * MS, forNs: 900 * MS, cluster: 'fronting' } as const;
const sinkStop = { kind: 'sink-stop', atNs: 500 * MS, forNs: 600 * MS, sink: 'generic' } as const;
const crash = { kind: 'router-crash', atNs: 900 * MS, sink: 'generic', container: 0 } as const;

const slow = { ...generic, latencyNs: 150 * MS } as SinkSpec;

const worlds = {
  // Requests take their time, so that some are at the broker when it stops and their answers never come.
  brokerStops: { faults: [stop], perRequestNs: 20 * MS, brokers: 1, policy: { requestTimeoutNs: 100 * MS } },
  clusterAway: {
    faults: [away],
    policy: { bufferBytes: 3_000, overheadBytesPerRecord: 50, deliveryTimeoutNs: Number.POSITIVE_INFINITY },
  },
  // A slow sink: when the router crashes, some of what it has fetched is on its way there.
  routerCrashes: { faults: [crash], sinks: [slow], router: { commitIntervalNs: 50 * MS, relaunchNs: 100 * MS } },
  sinkStops: { faults: [sinkStop], sinks: [generic] },
} as const satisfies Record<string, SmallWorld>;

const truth = (world: SmallWorld) => {
  const [record, request] = all(unbroken, world);
  expect(request).toEqual(record);
  expect(record).toMatchObject({ balanced: true });
  return record as LedgerReport;
};

describe('a copy with nothing broken', () => {
  it('keeps the books that the sources keep: what differs below comes from the one line', async () => {
    const copy = await mutant();
    for (const world of Object.values(worlds)) expect(all(copy, world)).toEqual([truth(world), truth(world)]);
  });
});

describe('a producer that', () => {
  it('never retries has more that nobody answered', async () => {
    const { brokerStops } = worlds;
    const broken = await mutant(['src/producer/sending.ts', '> config.retriesMax)', '> 0)']);
    expect(truth(brokerStops).unknown).toBe(0);
    for (const ledger of all(broken, brokerStops)) expect((ledger as LedgerReport).unknown).toBeGreaterThan(0);
  });

  it('forgets what records cost beyond their payload holds more than its bound and drops less', async () => {
    const { clusterAway } = worlds;
    const line = 'const chargeEach = bytesEach + config.overheadBytesPerRecord;';
    const broken = await mutant(['src/producer/admission.ts', line, 'const chargeEach = bytesEach;']);
    const drops = truth(clusterAway).dropped['buffer-full']!;
    for (const ledger of all(broken, clusterAway)) {
      expect((ledger as LedgerReport).dropped['buffer-full']).toBeGreaterThan(0);
      expect((ledger as LedgerReport).dropped['buffer-full']).toBeLessThan(drops);
    }
  });

  it('takes silence for success reports records as delivered that no log has', async () => {
    const { brokerStops } = worlds;
    const line = 'if (outcome === OUTCOME_OK) {';
    const instead = 'if (outcome === OUTCOME_OK || outcome === OUTCOME_UNKNOWN) {';
    const broken = await mutant(['src/producer/sending.ts', line, instead]);
    const { stored } = truth(brokerStops);
    for (const ledger of all(broken, brokerStops)) {
      // The ledger sees what the producer doesn't know.
      expect((ledger as LedgerReport).unknown).toBeGreaterThan(0);
      expect((ledger as LedgerReport).stored).toBeLessThan(stored);
    }
  });
});

/** Commits all that is fetched. */
const AHEAD: [string, string, string] = [
  'src/router/progress.ts',
  'const to = s[at + this.upTo];',
  'const to = s[at + POSITION];',
];

describe('a router that', () => {
  it('commits what it has only fetched loses it in a crash, and the route no longer adds up', async () => {
    const broken = await mutant(AHEAD, [
      'src/router/core.ts',
      'offset <= progress.committable(slot) && offset',
      'offset',
    ]);
    for (const told of all(broken, worlds.routerCrashes)) expect(told).toMatch(/^books do not balance at .* route /);
    expect(truth(worlds.routerCrashes).routes[0].lost).toEqual({});
  });

  it('commits ahead without being told to is caught by the core itself while its own check stands', async () => {
    const broken = await mutant(AHEAD);
    for (const told of all(broken, worlds.routerCrashes))
      expect(told).toMatch(/only what the policy allows is committed/);
  });

  it('writes once and never again leaves what the sink refused undelivered', async () => {
    const line = "if (dropped || result === 'ok') {";
    const broken = await mutant([
      'src/router/core.ts',
      line,
      "if (dropped || result === 'ok' || result === 'failed') {",
    ]);
    for (const told of all(broken, worlds.sinkStops)) expect(told).toMatch(/^books do not balance at .* route /);
  });
});
