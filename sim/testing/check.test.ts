import { afterEach, describe, expect, it } from 'vitest';
import { dropNew } from '../../src/producer/overflow.ts';
import { random } from '../../src/producer/partitioner/index.ts';
import type { Partitioner } from '../../src/producer/policy.ts';
import { commitAfter } from '../../src/router/commit.ts';
import { assertPolicy, type CheckOptions, checkPolicy, PolicyFailure, replayCase } from './check.ts';
import { smallPipeline } from './traps.fixture.ts';

const tight = smallPipeline({ policy: { buffer: '1kB' } });
const failing: CheckOptions = {
  world: tight,
  faults: { kinds: ['cluster-unreachable', 'broker-kill', 'broker-hang', 'sink-stop'] },
  bounds: { loss: 0 },
  runs: 100,
  seed: 1,
};

afterEach(() => {
  delete process.env.SPILLWAY_REPLAY;
});

describe('a check', () => {
  it('says how many schedules held', () => {
    const report = checkPolicy({
      world: smallPipeline(),
      faults: { kinds: ['sink-stop'] },
      bounds: { loss: 0 },
      runs: 30,
    });
    expect(report).toEqual({ ok: true, schedules: 30, failure: null });
  });

  it('finds the same least schedule from the same seed', () => {
    const [a, b] = [checkPolicy(failing), checkPolicy(failing)];
    expect(a.failure!.text).toBe(b.failure!.text);
    expect(a.failure!.scenario.faults).toHaveLength(1);
    expect(() => assertPolicy(failing)).toThrow(PolicyFailure);
    expect(() => assertPolicy(failing)).toThrow(a.failure!.text);
  });

  it('is replayed by its token, in the check it belongs to and in no other', () => {
    const { token, text } = checkPolicy(failing).failure!;
    const again = checkPolicy({ ...failing, replay: token });
    expect(again.schedules).toBe(1);
    expect(again.failure!.text).toBe(text);
    process.env.SPILLWAY_REPLAY = token;
    expect(checkPolicy(failing).schedules).toBe(1);
    expect(checkPolicy({ ...failing, bounds: { loss: '100%' }, runs: 5 }).schedules).toBe(5);
    expect(() => checkPolicy({ ...failing, replay: 'spw1-x' })).toThrow(/expected one that a failed check has printed/);
  });

  it('runs a corpus before it draws', () => {
    const { scenario } = checkPolicy(failing).failure!;
    expect(checkPolicy({ ...failing, corpus: [scenario] }).schedules).toBe(1);
  });
});

describe('policies of one’s own', () => {
  /** Everything to partition 0. */
  const first: Partitioner = {
    name: 'first',
    movesBetweenBatches: true,
    addStream: () => {},
    peek: () => 0,
    appended: () => {},
    closed: () => {},
    promised: () => Infinity,
  };

  it.each(['record', 'request'] as const)(
    'take part in %s fidelity, and their failures go back to their test',
    (fidelity) => {
      const check: CheckOptions = {
        ...failing,
        fidelity,
        world: smallPipeline({ policy: { buffer: '1kB' }, topic: { partitions: 3 } }),
        producer: { partitioner: () => first, overflow: dropNew },
        router: () => ({ commit: commitAfter({ records: 1, intervalNs: 1e9 }) }),
      };
      const failure = checkPolicy(check).failure!;
      expect(failure.command).toMatch(/^SPILLWAY_REPLAY=spw1-/);
      expect(failure.story.join('\n')).not.toMatch(/clicks\/[12]/);
      expect(() => replayCase(failure.saved)).toThrow('expected one of settings alone');
      expect(checkPolicy({ ...check, replay: failure.token }).failure!.text).toBe(failure.text);
    },
  );

  it('that read a clock, draw by themselves or keep state are found out', () => {
    let state = 0;
    const cheats: Record<string, () => number> = {
      'the wall clock': () => performance.now() * 1e3,
      'Math.random': () => Math.random() * 1e9,
      'state kept from run to run': () => 1e6 * ++state,
    };
    for (const [name, draw] of Object.entries(cheats)) {
      const { failure } = checkPolicy({
        world: smallPipeline(),
        producer: { retry: { name, backoffNs: () => Math.floor(1e6 + draw()) } },
        faults: { kinds: ['broker-kill', 'cluster-unreachable'] },
        runs: 50,
        seed: 1,
      });
      expect(failure?.bound, name).toBe('the same seed gives the same run');
      expect(failure!.seen).toMatch(
        /^two runs of one seed differ.*a policy reads the wall clock, draws from Math\.random/,
      );
    }
  });

  it('that are honest are not', () => {
    const producer = { partitioner: random() };
    expect(checkPolicy({ world: smallPipeline({ topic: { partitions: 3 } }), producer, runs: 30 }).ok).toBe(true);
  });

  it('that break an invariant of the core are told with its words', () => {
    const { failure } = checkPolicy({
      world: tight,
      producer: { overflow: { ...dropNew, name: 'broken', victim: () => 99 } },
      runs: 100,
      seed: 1,
    });
    expect(failure?.bound).toBe('invariants hold and the books balance');
  });
});
