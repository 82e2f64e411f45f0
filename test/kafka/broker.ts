import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Long for a JVM on a busy machine; a broker takes 3 to 6 s alone. */
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 30_000;
/** Small brokers that start fast: a handful of topics, a short life. */
const JVM = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
const LOG = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-Dorg.slf4j.simpleLogger.showDateTime=true'];

/**
 * One broker's process. All that is known of it stands in its folder (`server.properties`, `pid`, `broker.log`): any
 * process may make an object for it and start or stop it.
 */
export class Broker {
  readonly id: number;
  readonly #folder: string;
  readonly #jars: string;

  constructor({ id, folder, jars }: { id: number; folder: string; jars: string }) {
    this.id = id;
    this.#folder = folder;
    this.#jars = jars;
  }

  get pid(): number | null {
    const path = join(this.#folder, 'pid');
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : null;
  }

  get running(): boolean {
    const pid = this.pid;
    if (pid === null) return false;
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  get log(): string {
    const path = join(this.#folder, 'broker.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** Writes what a log directory needs before its first start. */
  async format(clusterId: string): Promise<void> {
    const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', join(this.#folder, 'server.properties')];
    const child = this.#java(tool);
    const code = await new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    if (code !== 0) throw new Error(`broker ${this.id}: its storage was not formatted\n${this.#tail()}`);
  }

  /** Starts the process and resolves once the broker serves. */
  async start(): Promise<void> {
    const logged = this.log.length;
    this.launch();
    const endMs = Date.now() + START_MS_MAX;
    // A broker says so after the controller has unfenced it.
    while (!this.log.slice(logged).includes('Kafka Server started')) {
      if (!this.running) throw new Error(`broker ${this.id} ended as it started\n${this.#tail()}`);
      if (Date.now() > endMs) throw new Error(`broker ${this.id} did not start within ${START_MS_MAX} ms`);
      await sleep(50);
    }
  }

  /** Starts the process and waits for nothing. */
  launch(): void {
    if (this.running) throw new Error(`broker ${this.id} runs`);
    const child = this.#java(['kafka.Kafka', join(this.#folder, 'server.properties')]);
    if (child.pid === undefined) throw new Error(`broker ${this.id}: java does not run`);
    writeFileSync(join(this.#folder, 'pid'), String(child.pid));
    child.unref();
  }

  /** SIGTERM: moves its leaders away, then ends. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    await this.#gone();
  }

  async kill9(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#gone();
  }

  /** Hangs it: connections stay open and are even accepted (by the kernel), nothing answers. */
  sigstop(): void {
    this.#signal('SIGSTOP');
  }

  sigcont(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.pid;
    if (pid === null || !this.running) throw new Error(`broker ${this.id} does not run: no ${signal} for it`);
    process.kill(pid, signal);
  }

  async #gone(): Promise<void> {
    const endMs = Date.now() + STOP_MS_MAX;
    while (this.running) {
      if (Date.now() > endMs) this.#signal('SIGKILL');
      await sleep(20);
    }
    rmSync(join(this.#folder, 'pid'), { force: true });
  }

  #java(args: readonly string[]) {
    const log = openSync(join(this.#folder, 'broker.log'), 'a');
    try {
      // Its own process group: Ctrl-C reaches the tests, and the keeper ends the brokers.
      return spawn('java', [...JVM, ...LOG, '-cp', join(this.#jars, '*'), ...args], {
        detached: true,
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
  }

  #tail(): string {
    return this.log.split('\n').slice(-15).join('\n');
  }
}
