import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConsumedRecord, ConsumerHandler, ConsumerPort, TopicPartition, WireRecord } from '../../src/ports.ts';

/** Where the port under test consumes from. */
export interface ConsumingWorld {
  topic(options?: { readonly partitions?: number }): Promise<string>;
  write(topic: string, partition: number, records: readonly WireRecord[]): Promise<void>;
  /** Null: this world can not be hurt. */
  readonly trouble: {
    /** Nobody can be reached at all. */
    killAll(): Promise<void>;
    heal(): Promise<void>;
  } | null;
}

/** Joining a group, or being given up by it, takes this long at the most. */
const PATIENCE_MS = 30_000;

const record = (value: string): WireRecord => ({ key: null, value: Buffer.from(value), timestampMs: Date.now() });
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => record(`${from + i}`));

/** A handler that notes everything, and one consumer's run around it. */
class Member implements ConsumerHandler {
  readonly port: ConsumerPort;
  readonly read = new Map<string, ConsumedRecord[]>();
  readonly errors: { fatal: boolean; cause: unknown }[] = [];
  readonly told: string[] = [];
  owned: readonly TopicPartition[] = [];
  /** Batches of one partition at a time, the most there were. */
  atOnceMax = 0;
  ended: Promise<unknown> = Promise.resolve();
  onBatch: (at: TopicPartition, records: readonly ConsumedRecord[]) => Promise<void> = async () => {};
  onRevoked: (from: readonly TopicPartition[]) => Promise<void> = async () => {};
  readonly #running = new Map<string, number>();

  constructor(port: ConsumerPort) {
    this.port = port;
  }

  start(topic: string): this {
    this.ended = this.port.run([topic], this);
    this.ended.catch(() => {});
    return this;
  }

  async batch(at: TopicPartition, records: readonly ConsumedRecord[]): Promise<void> {
    const key = `${at.partition}`;
    const running = (this.#running.get(key) ?? 0) + 1;
    this.#running.set(key, running);
    this.atOnceMax = Math.max(this.atOnceMax, running);
    const read = this.read.get(key) ?? [];
    this.read.set(key, read);
    read.push(...records);
    await this.onBatch(at, records);
    this.#running.set(key, running - 1);
  }

  assigned(to: readonly TopicPartition[]): void {
    this.owned = to;
    this.told.push('assigned');
  }

  async revoked(from: readonly TopicPartition[]): Promise<void> {
    this.owned = [];
    this.told.push('revoked');
    await this.onRevoked(from);
  }

  error(error: { fatal: boolean; cause: unknown }): void {
    this.errors.push(error);
  }

  values(partition = 0): string[] {
    return (this.read.get(`${partition}`) ?? []).map(({ value }) => Buffer.from(value!).toString());
  }

  get count(): number {
    return [...this.read.values()].reduce((sum, records) => sum + records.length, 0);
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    for (const endMs = Date.now() + PATIENCE_MS; !holds(); await sleep(20)) {
      if (Date.now() > endMs)
        throw new Error(
          `${what}: not within ${PATIENCE_MS} ms; read ${this.count}, ${this.told}, ${this.errors.map(({ cause }) => cause)}`,
        );
    }
  }
}

let groups = 0;

/** What every consuming port must do; see `ConsumerPort`. Its drivers rely on no more than that. */
export function consumingConformance(
  name: string,
  open: (options: { groupId: string /** Nobody is there. */; away?: boolean }) => ConsumerPort,
  world: () => ConsumingWorld,
): void {
  describe(`${name}, consuming`, () => {
    let members: Member[] = [];
    const newGroup = (): string => `group-${process.pid}-${Date.now()}-${groups++}`;
    const member = (groupId = newGroup()): Member => {
      const made = new Member(open({ groupId }));
      members.push(made);
      return made;
    };

    afterEach(async () => {
      await world().trouble?.heal();
      await Promise.all(members.map(({ port }) => port.close(2_000)));
      members = [];
    });

    it('delivers records as they are, by partition and in order', async () => {
      const topic = await world().topic({ partitions: 3 });
      const special: WireRecord[] = [
        { key: null, value: null, timestampMs: 1_700_000_000_000 },
        {
          key: Buffer.from([0, 255]),
          value: Buffer.alloc(0),
          timestampMs: 1_700_000_000_001,
          headers: { a: 'ü', b: '' },
        },
      ];
      await world().write(topic, 0, special);
      await world().write(topic, 1, numbered(0, 500));
      const one = member().start(topic);
      await one.until(() => one.count === 502, 'what was there before');
      await world().write(topic, 2, numbered(0, 10));
      await world().write(topic, 1, numbered(500, 600));
      await one.until(() => one.count === 612, 'what came later');
      expect(one.owned.map(({ partition }) => partition).sort()).toEqual([0, 1, 2]);
      expect(one.values(1)).toEqual(Array.from({ length: 600 }, (_, i) => `${i}`));
      expect(one.read.get('1')!.map(({ offset }) => offset)).toEqual(Array.from({ length: 600 }, (_, i) => BigInt(i)));
      const plain = ({ key, value, timestampMs, headers }: WireRecord) => ({
        key: key === null ? null : [...key],
        value: value === null ? null : [...value],
        timestampMs,
        headers: Object.fromEntries(
          Object.entries(headers ?? {}).map(([each, bytes]) => [each, [...Buffer.from(bytes)]]),
        ),
      });
      expect(one.read.get('0')!.map(plain)).toEqual(special.map(plain));
      expect(one.atOnceMax).toBe(1);
      expect(one.errors).toEqual([]);
    });

    it('waits for what it has handed over', async () => {
      const topic = await world().topic();
      await world().write(topic, 0, numbered(0, 10));
      const one = member();
      let release = (): void => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      one.onBatch = () => gate;
      one.start(topic);
      await one.until(() => one.count > 0, 'the first batch');
      const seen = one.count;
      await world().write(topic, 0, numbered(10, 20));
      await sleep(1_500);
      expect(one.count).toBe(seen);
      release();
      await one.until(() => one.count === 20, 'the rest');
      expect(one.values()).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
      expect(one.atOnceMax).toBe(1);
    });

    it('pauses and resumes, by partition where it says so', async () => {
      const topic = await world().topic({ partitions: 2 });
      await world().write(topic, 0, numbered(0, 5));
      await world().write(topic, 1, numbered(0, 5));
      const one = member().start(topic);
      await one.until(() => one.count === 10, 'all of it');
      one.port.pause([{ topic, partition: 0 }]);
      await world().write(topic, 0, numbered(5, 10));
      await world().write(topic, 1, numbered(5, 10));
      if (one.port.caps.partitionPause)
        await one.until(() => one.values(1).length === 10, 'the one that is not paused');
      await sleep(1_000);
      expect(one.values(0)).toHaveLength(5);
      one.port.resume([{ topic, partition: 0 }]);
      await one.until(() => one.count === 20, 'the rest');
      expect(one.values(0)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
      expect(one.values(1)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    });

    it('begins again at what was committed, by another member of the group', async () => {
      const topic = await world().topic();
      await world().write(topic, 0, numbered(0, 10));
      const groupId = newGroup();
      const one = member(groupId).start(topic);
      await one.until(() => one.count === 10, 'all of it');
      await one.port.commit([{ topic, partition: 0, offset: 7n }]);
      await one.port.close(5_000);
      await one.ended;
      expect(one.told).toEqual(['assigned', 'revoked']);
      const two = member(groupId).start(topic);
      await two.until(() => two.count === 3, 'what was not committed');
      expect(two.values()).toEqual(['7', '8', '9']);
    });

    it('commits what it is told as it closes', async () => {
      const topic = await world().topic();
      await world().write(topic, 0, numbered(0, 10));
      const groupId = newGroup();
      const one = member(groupId);
      one.onRevoked = () => one.port.commit([{ topic, partition: 0, offset: 9n }]);
      one.start(topic);
      await one.until(() => one.count === 10, 'all of it');
      await one.port.close(5_000);
      const two = member(groupId).start(topic);
      await two.until(() => two.count > 0, 'what was not committed');
      expect(two.values()).toEqual(['9']);
    });

    it('shares partitions with a second member, and loses nothing', async () => {
      const topic = await world().topic({ partitions: 4 });
      const groupId = newGroup();
      const one = member(groupId);
      const two = member(groupId);
      for (const each of [one, two]) {
        each.onBatch = async (at, records) => {
          await each.port.commit([{ ...at, offset: records.at(-1)!.offset + 1n }]).catch(() => {});
        };
      }
      for (let partition = 0; partition < 4; partition++) await world().write(topic, partition, numbered(0, 50));
      one.start(topic);
      await one.until(() => one.owned.length === 4 && one.count > 0, 'all partitions');
      two.start(topic);
      await two.until(() => one.owned.length === 2 && two.owned.length === 2, 'half of them each');
      expect(one.told.slice(0, 3)).toEqual(['assigned', 'revoked', 'assigned']);
      for (let partition = 0; partition < 4; partition++) await world().write(topic, partition, numbered(50, 100));
      const all = (partition: number) => new Set([...one.values(partition), ...two.values(partition)]);
      await two.until(() => [0, 1, 2, 3].every((partition) => all(partition).size === 100), 'every record');
      expect(two.count).toBeGreaterThan(0);
    });

    it('closes within its grace, whatever the handler does, and then it is over', async () => {
      const topic = await world().topic();
      await world().write(topic, 0, numbered(0, 10));
      const one = member();
      one.onBatch = () => new Promise(() => {});
      one.start(topic);
      await one.until(() => one.count > 0, 'the first batch');
      const startMs = Date.now();
      await one.port.close(1_000);
      expect(Date.now() - startMs).toBeLessThan(2_500);
      const seen = one.count;
      await world().write(topic, 0, numbered(10, 20));
      await sleep(500);
      expect(one.count).toBe(seen);
    });

    it('rejects a commit of one that is no member', async () => {
      const one = member();
      await expect(one.port.commit([{ topic: 'any', partition: 0, offset: 1n }])).rejects.toThrow();
    });

    it('nobody there: it says that it can not start', async () => {
      const one = new Member(open({ groupId: newGroup(), away: true }));
      members.push(one);
      one.start('any');
      await expect(one.ended).rejects.toThrow();
      expect(one.errors.at(-1)?.fatal).toBe(true);
    });

    it('all brokers gone and back: tells of it, and goes on', async ({ skip }) => {
      const { trouble } = world();
      if (trouble === null) return skip('this world can not be hurt');
      const topic = await world().topic();
      await world().write(topic, 0, numbered(0, 10));
      const one = member().start(topic);
      await one.until(() => one.count === 10, 'all of it');
      await one.port.commit([{ topic, partition: 0, offset: 10n }]);
      await trouble.killAll();
      await sleep(3_000);
      await trouble.heal();
      await world().write(topic, 0, numbered(10, 20));
      await one.until(() => new Set(one.values()).size === 20, 'what came after');
      expect(one.errors.filter(({ fatal }) => fatal)).toEqual([]);
    });
  });
}
