import { afterEach, describe, expect, it } from 'vitest';
import type { ConsumedRecord, PartitionLeader, ProduceOutcome, ProducerPort, WireRecord } from '../../src/ports.ts';
import type { Acks } from '../../src/record.ts';

/** Where the port under test produces to: a real cluster, or one in memory. */
export interface ProducingWorld {
  /** Makes a topic with leaders and answers its name. `recordBytesMax`: the cluster refuses what is larger. */
  topic(options?: { readonly partitions?: number; readonly recordBytesMax?: number }): Promise<string>;
  /** Everything in the topic, by partition, in order of offsets; waits a while for `recordsMin` of them. */
  read(topic: string, recordsMin: number): Promise<readonly (readonly ConsumedRecord[])[]>;
  /** Null: this world can not be hurt. */
  readonly trouble: {
    /** Ends the leader of partition 0 without a farewell; another replica takes over. */
    kill(topic: string): Promise<void>;
    /** The leader of partition 0 accepts connections and answers nothing. Nothing takes over until `heal`, or soon. */
    hang(topic: string): Promise<void>;
    /** Nobody can be reached at all. */
    killAll(): Promise<void>;
    /** All is well again. */
    heal(): Promise<void>;
  } | null;
}

const MS = { timeout: 10_000, hung: 1_500, recovery: 60_000 };

const record = (value: string | null, rest: Partial<WireRecord> = {}): WireRecord => ({
  key: null,
  value: value === null ? null : Buffer.from(value),
  timestampMs: Date.now(),
  ...rest,
});
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
const texts = (records: readonly ConsumedRecord[]) => records.map(({ value }) => text(value));

/** What every producing port must do; see `ProducerPort`. Its drivers rely on no more than that. */
export function producingConformance(
  name: string,
  open: (options: { /** Nobody is there. */ away?: boolean }) => ProducerPort,
  world: () => ProducingWorld,
): void {
  describe(`${name}, producing`, () => {
    let port: ProducerPort;

    const start = async (): Promise<void> => {
      port = open({});
      await port.open();
    };
    const produce = (
      topic: string,
      records: readonly WireRecord[],
      { acks = 1, timeoutMs = MS.timeout, partition = 0 }: { acks?: Acks; timeoutMs?: number; partition?: number } = {},
    ) => port.produce({ topic, partition, records }, { acks, timeoutMs });
    /** As the driver does: brokers hear of a new topic one after the other. */
    const known = async (topic: string): Promise<readonly PartitionLeader[]> => {
      for (const endMs = Date.now() + MS.timeout; ; ) {
        const leaders = await port.metadata(topic).catch(() => []);
        if (leaders.length > 0 && leaders.every(({ leader }) => leader >= 0)) return leaders;
        if (Date.now() > endMs) throw new Error(`leaders of ${topic} are not known: ${JSON.stringify(leaders)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    /** As the driver does: ask for leaders and produce again, until it works or time is up. */
    const recovered = async (topic: string, records: readonly WireRecord[], acks: Acks): Promise<ProduceOutcome[]> => {
      const outcomes: ProduceOutcome[] = [];
      for (const endMs = Date.now() + MS.recovery; Date.now() < endMs; ) {
        await port.open().catch(() => {});
        await port.metadata(topic).catch(() => {});
        const outcome = await produce(topic, records, { acks, timeoutMs: MS.hung });
        outcomes.push(outcome);
        if (outcome.ok) return outcomes;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      throw new Error(`not recovered: ${JSON.stringify(outcomes.at(-1), (_, v) => (v instanceof Error ? `${v}` : v))}`);
    };

    afterEach(async () => {
      await port.close(1_000);
      await world().trouble?.heal();
    });

    it.each([0, 1, -1] as const)('acks %i: writes, and tells where', async (acks) => {
      const topic = await world().topic();
      await start();
      await known(topic);
      const first = await produce(topic, [record('a'), record('b')], { acks });
      const second = await produce(topic, [record('c')], { acks });
      if (acks === 0) {
        expect([first, second]).toEqual([
          { ok: true, baseOffset: null },
          { ok: true, baseOffset: null },
        ]);
      } else {
        expect([first, second]).toEqual([
          { ok: true, baseOffset: 0n },
          { ok: true, baseOffset: 2n },
        ]);
      }
      expect(texts((await world().read(topic, 3))[0])).toEqual(['a', 'b', 'c']);
    });

    it('writes keys, values, headers and times as they are: empty, missing, of any bytes', async () => {
      const topic = await world().topic();
      await start();
      await known(topic);
      const bytes = new Uint8Array([9, 0, 255, 128, 9]).subarray(1, 4);
      const records: WireRecord[] = [
        { key: null, value: null, timestampMs: 1_700_000_000_000 },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), timestampMs: 1_700_000_000_123 },
        { key: bytes, value: bytes, timestampMs: 1_600_000_000_000, headers: { text: 'ü', bytes, empty: '' } },
        { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1_700_000_000_001, headers: {} },
      ];
      expect(await produce(topic, records, { acks: -1 })).toMatchObject({ ok: true });
      const [read] = await world().read(topic, records.length);
      const plain = (each: WireRecord) => ({
        key: each.key === null ? null : [...each.key],
        value: each.value === null ? null : [...each.value],
        timestampMs: each.timestampMs,
        headers: Object.fromEntries(
          Object.entries(each.headers ?? {}).map(([key, value]) => [key, [...Buffer.from(value)]]),
        ),
      });
      expect(read.map(plain)).toEqual(records.map(plain));
    });

    it('writes to the partition it is told, in order, with several calls in flight', async () => {
      const topic = await world().topic({ partitions: 3 });
      await start();
      expect((await known(topic)).map(({ partition }) => partition).sort()).toEqual([0, 1, 2]);
      const calls = Array.from({ length: 30 }, (_, i) =>
        produce(topic, [record(`${i}`), record(`${i}+`)], { partition: i % 3, acks: -1 }),
      );
      for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject({ ok: true });
      for (const [partition, records] of (await world().read(topic, 60)).entries()) {
        const own = Array.from({ length: 10 }, (_, i) => 3 * i + partition);
        expect(texts(records)).toEqual(own.flatMap((i) => [`${i}`, `${i}+`]));
        expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i)));
      }
    });

    it('says that a record is too large, for good, and goes on', async () => {
      const topic = await world().topic({ recordBytesMax: 10_000 });
      await start();
      await known(topic);
      const refused = await produce(topic, [record('x'.repeat(20_000))]);
      expect(refused).toMatchObject({ ok: false, fate: 'not-written', next: 'never' });
      expect(await produce(topic, [record('small')])).toMatchObject({ ok: true });
      expect(texts((await world().read(topic, 1))[0])).toEqual(['small']);
    });

    it('knows no leaders of a topic that is not there, writes nothing, and finds it later', async () => {
      const there = await world().topic();
      const topic = `${there}-not`;
      await start();
      const leaders = await port.metadata(topic).catch(() => []);
      expect(leaders.filter(({ leader }) => leader >= 0)).toEqual([]);
      expect(await produce(topic, [record('lost')])).toMatchObject({
        ok: false,
        fate: 'not-written',
        next: 'refresh-metadata',
      });
      expect(await known(there)).toHaveLength(1);
      expect(await produce(there, [record('found')])).toMatchObject({ ok: true });
    });

    it('refuses a partition that the topic has not', async () => {
      const topic = await world().topic();
      await start();
      await known(topic);
      expect(await produce(topic, [record('lost')], { partition: 7 })).toMatchObject({
        ok: false,
        fate: 'not-written',
        next: 'refresh-metadata',
      });
    });

    it('opens again and again, and closes while calls are in flight: each has an outcome', async () => {
      const topic = await world().topic();
      await start();
      await Promise.all([port.open(), port.open()]);
      await port.open();
      await known(topic);
      const calls = Array.from({ length: 20 }, (_, i) => produce(topic, [record(`${i}`)]));
      await port.close(5_000);
      const outcomes = await Promise.all(calls);
      const read = texts((await world().read(topic, outcomes.filter(({ ok }) => ok).length))[0]);
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.ok) expect(read).toContain(`${i}`);
        else if (outcome.fate === 'not-written') expect(read).not.toContain(`${i}`);
      }
      expect(await produce(topic, [record('late')])).toMatchObject({ ok: false });
      expect(texts((await world().read(topic, 0))[0])).not.toContain('late');
    });

    it('has nothing to say before it was opened', async () => {
      port = open({});
      const outcome = await produce('any', [record('early')]);
      expect(outcome).toMatchObject({ ok: false, fate: 'not-written', next: 'reconnect' });
    });

    it('a leader that is killed: outcomes are true, and the next leader is found', async ({ skip }) => {
      const { trouble } = world();
      if (trouble === null) return skip('this world can not be hurt');
      const topic = await world().topic();
      await start();
      await known(topic);
      expect(await produce(topic, [record('before')], { acks: -1 })).toMatchObject({ ok: true });
      const calls: Promise<readonly [string, ProduceOutcome]>[] = [];
      const send = async (value: string) =>
        [value, await produce(topic, [record(value)], { acks: -1, timeoutMs: MS.hung })] as const;
      for (let i = 0; i < 10; i++) calls.push(send(`${i}`));
      const killed = trouble.kill(topic);
      for (let i = 10; i < 40; i++) {
        calls.push(send(`${i}`));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await killed;
      const settled = await Promise.all(calls);
      await recovered(topic, [record('after')], -1);
      await trouble.heal();
      const read = texts((await world().read(topic, 2))[0]);
      expect(read).toContain('before');
      expect(read).toContain('after');
      for (const [value, outcome] of settled) {
        if (outcome.ok) expect(read).toContain(value);
        else if (outcome.fate === 'not-written') expect(read).not.toContain(value);
      }
    });

    it('a leader that hangs: maybe written, about in time, and the next leader is found', async ({ skip }) => {
      const { trouble } = world();
      if (trouble === null) return skip('this world can not be hurt');
      const topic = await world().topic();
      await start();
      await known(topic);
      expect(await produce(topic, [record('before')], { acks: -1 })).toMatchObject({ ok: true });
      await trouble.hang(topic);
      const startMs = Date.now();
      const outcome = await produce(topic, [record('hung')], { timeoutMs: MS.hung });
      expect(outcome).toMatchObject({ ok: false, fate: 'maybe-written' });
      expect(Date.now() - startMs).toBeGreaterThanOrEqual(MS.hung - 100);
      expect(Date.now() - startMs).toBeLessThan(MS.hung + 1_000);
      await recovered(topic, [record('after')], 1);
      await trouble.heal();
      expect(texts((await world().read(topic, 2))[0])).toContain('after');
    });

    it('nobody there: opening fails, and nothing is written', async () => {
      port = open({ away: true });
      await expect(port.open()).rejects.toThrow();
      await expect(port.metadata('any')).rejects.toThrow();
      expect(await produce('any', [record('lost')], { timeoutMs: MS.hung })).toMatchObject({
        ok: false,
        fate: 'not-written',
        next: 'reconnect',
      });
    });

    it('everybody gone and back: outcomes are true, and a later opening mends it', async ({ skip }) => {
      const { trouble } = world();
      if (trouble === null) return skip('this world can not be hurt');
      const topic = await world().topic();
      await start();
      await known(topic);
      expect(await produce(topic, [record('before')], { acks: -1 })).toMatchObject({ ok: true });
      await trouble.killAll();
      const outcome = await produce(topic, [record('lost')], { timeoutMs: MS.hung });
      expect(outcome.ok).toBe(false);
      await expect(port.open()).rejects.toThrow();
      const again = await produce(topic, [record('again')], { timeoutMs: MS.hung });
      expect(again).toMatchObject({ ok: false, fate: 'not-written', next: 'reconnect' });
      await trouble.heal();
      await recovered(topic, [record('found')], -1);
      const read = texts((await world().read(topic, 2))[0]);
      expect(read).toContain('before');
      expect(read).toContain('found');
      expect(read).not.toContain('again');
    });
  });
}
