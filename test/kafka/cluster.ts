import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from './broker.ts';
import { checkJava, kafkaJars, repositoryRoot } from './jars.ts';

export const BROKERS = 3;
/**
 * How soon the controller takes a silent broker for dead, ms. Kafka's default is 9,000; less keeps the tests short, and
 * is still far above the pauses of a small broker.
 */
export const SESSION_MS = 3_000;

/** What another process needs to take part: see `KafkaCluster.attach`. */
export interface ClusterPlace {
  readonly folder: string;
  readonly jars: string;
  readonly bootstrap: readonly string[];
}

/**
 * Apache Kafka on loopback: three brokers that are controllers, too, each in a rack of its own. Everything is in a
 * temporary folder, removed when the process that started it ends, whatever ends it.
 */
export class KafkaCluster {
  readonly place: ClusterPlace;
  readonly brokers: readonly Broker[];
  readonly #release: () => Promise<void>;

  private constructor(place: ClusterPlace, release: () => Promise<void>) {
    this.place = place;
    this.#release = release;
    this.brokers = place.bootstrap.map(
      (_, index) => new Broker({ id: index + 1, folder: join(place.folder, String(index + 1)), jars: place.jars }),
    );
  }

  /** `running: false` prepares the brokers and starts none, for tests of a cluster that comes late. */
  static async start({ running = true }: { running?: boolean } = {}): Promise<KafkaCluster> {
    await checkJava();
    const jars = await kafkaJars();
    const folder = mkdtempSync(join(tmpdir(), 'spillway-kafka-'));
    const keeper = spawn(process.execPath, [join(repositoryRoot(), 'test/kafka/keeper.mjs'), folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    keeper.unref();
    // Its standard input must not keep this process alive either.
    (keeper.stdin as unknown as { unref(): void }).unref();
    const release = (): Promise<void> =>
      new Promise((resolve) => {
        keeper.once('exit', () => resolve());
        keeper.ref();
        keeper.stdin.end();
      });
    try {
      const ports = await freePorts(2 * BROKERS);
      const place = { folder, jars, bootstrap: ports.slice(0, BROKERS).map((port) => `127.0.0.1:${port}`) };
      const cluster = new KafkaCluster(place, release);
      for (let id = 1; id <= BROKERS; id++) {
        mkdirSync(join(folder, String(id)));
        writeFileSync(join(folder, String(id), 'server.properties'), properties({ id, folder, ports }));
      }
      const clusterId = randomBytes(16).toString('base64url');
      await Promise.all(cluster.brokers.map((broker) => broker.format(clusterId)));
      if (running) await cluster.startAll();
      return cluster;
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** The cluster that another process started; that one also ends it. */
  static attach(place: ClusterPlace): KafkaCluster {
    return new KafkaCluster(place, () => Promise.resolve());
  }

  get bootstrap(): readonly string[] {
    return this.place.bootstrap;
  }

  /** By node id, 1 to 3, which is also what metadata calls it. */
  broker(id: number): Broker {
    const broker = this.brokers[id - 1];
    if (broker === undefined) throw new Error(`no broker ${id}: they are 1 to ${BROKERS}`);
    return broker;
  }

  async startAll(): Promise<void> {
    // Together: a controller alone is no quorum, and waits.
    await Promise.all(this.brokers.filter((broker) => !broker.running).map((broker) => broker.start()));
  }

  /** Whatever a test did to the brokers: all of them run again afterwards. */
  async heal(): Promise<void> {
    for (const broker of this.brokers) if (broker.running) broker.sigcont();
    await this.startAll();
  }

  /** Kills the brokers and removes their data. */
  async end(): Promise<void> {
    await this.#release();
  }

  /** The end of every broker's log, for a test that failed. */
  logs(lines = 20): string {
    return this.brokers.map(({ id, log }) => `broker ${id}:\n${log.split('\n').slice(-lines).join('\n')}`).join('\n\n');
  }
}

function properties({ id, folder, ports }: { id: number; folder: string; ports: readonly number[] }): string {
  const client = ports[id - 1];
  const controllers = ports.slice(BROKERS);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'broker.rack': `rack-${id}`,
    'controller.quorum.voters': controllers.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controllers[id - 1]}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${client}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, String(id), 'data'),
    // Topics are made by the tests alone: an unknown one must stay unknown.
    'auto.create.topics.enable': false,
    'broker.session.timeout.ms': SESSION_MS,
    'broker.heartbeat.interval.ms': 300,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'offsets.topic.num.partitions': 3,
    'offsets.topic.replication.factor': 3,
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.replication.factor': 3,
    'transaction.state.log.min.isr': 2,
    'share.coordinator.state.topic.replication.factor': 3,
    'share.coordinator.state.topic.min.isr': 2,
    // Deleted topics go at once.
    'file.delete.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16 << 20,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Ports that nobody listens on, below those that the kernel gives to outgoing connections: a client that keeps trying to
 * reach a stopped broker would otherwise, in time, be given that very port, and be connected to itself.
 */
async function freePorts(count: number): Promise<number[]> {
  const free: number[] = [];
  for (let port = 15_000 + Math.floor(Math.random() * 15_000); free.length < count; port++) {
    if (await isFree(port)) free.push(port);
  }
  return free;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** For messages: which Kafka this is. */
export function kafkaVersion(): string {
  const pom = readFileSync(join(repositoryRoot(), 'test/kafka/pom.xml'), 'utf8');
  return /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
}
