import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Of the repository, whether this runs as it is written or as built in `dist/`. */
export function repositoryRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'test/kafka/pom.xml'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no test/kafka/pom.xml above ${import.meta.dirname}`);
  }
}

const NEEDED = `Brokers for these tests need Java 17 or newer (\`java\`) and, the first time, Maven (\`mvn\`) on the PATH.
Debian: apt-get install openjdk-17-jre-headless maven. Or name a cluster of your own: SPILLWAY_KAFKA=host:port[,host:port].`;

/** Rejects with what is needed when Java is not there, or is too old for Kafka 4. */
export async function checkJava(): Promise<void> {
  let told: string;
  try {
    // Java tells its version on standard error.
    told = (await run('java', ['-version'])).stderr;
  } catch (cause) {
    throw new Error(`java does not run.\n${NEEDED}`, { cause });
  }
  const version = /version "(\d+)/.exec(told)?.[1];
  if (version !== undefined && Number(version) < 17) throw new Error(`java is version ${version}.\n${NEEDED}`);
}

/**
 * Folder with Kafka's jars, fetched from Maven Central unless they are there. `SPILLWAY_KAFKA_JARS` names another one
 * than `node_modules/.cache/spillway-kafka`.
 */
export async function kafkaJars(): Promise<string> {
  const root = repositoryRoot();
  const pom = join(root, 'test/kafka/pom.xml');
  const cache = process.env.SPILLWAY_KAFKA_JARS ?? join(root, 'node_modules/.cache/spillway-kafka');
  const jars = join(cache, createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12));
  if (existsSync(jars)) return jars;
  await mkdir(cache, { recursive: true });
  // Renamed when it is whole: what an interrupted download left is never taken for the jars.
  const partial = `${jars}.${process.pid}`;
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`];
  try {
    await run('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal], { maxBuffer: 1 << 26 });
    await rename(partial, jars);
  } catch (cause) {
    if (existsSync(jars)) return jars;
    const { code, stdout } = cause as { code?: unknown; stdout?: string };
    const reason = code === 'ENOENT' ? 'mvn does not run.' : `mvn failed to fetch Kafka:\n${stdout ?? cause}`;
    throw new Error(`${reason}\n${NEEDED}`, { cause });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return jars;
}
