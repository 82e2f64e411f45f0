// Installs @confluentinc/kafka-javascript for the Kafka suite, in test/kafka/confluent, so that plain `npm ci` needs no
// compiler. Its own install takes a prebuilt binary from outside npm, and builds librdkafka from source where that cannot
// be had (about a minute). Does nothing when it is there and loads.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../test/kafka/confluent');
const client = join(folder, 'node_modules/@confluentinc/kafka-javascript');

/** What the build links, by the header that tells that it is there, and what it is called in Debian. */
const LIBRARIES = {
  'curl/curl.h': 'libcurl4-openssl-dev',
  'openssl/ssl.h': 'libssl-dev',
  'zlib.h': 'zlib1g-dev',
  'zstd.h': 'libzstd-dev',
  'sasl/sasl.h': 'libsasl2-dev',
};

/** In a process of its own: a binary that does not load must not end this one. */
function loads() {
  const program = "console.log(require('@confluentinc/kafka-javascript').librdkafkaVersion)";
  const { status, stdout } = spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

function compiles(header) {
  return spawnSync('c++', ['-E', '-x', 'c++', '-'], { input: `#include <${header}>\n` }).status === 0;
}

function run(program, args, options = {}) {
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 28, ...options });
}

function addLibraries() {
  const missing = Object.keys(LIBRARIES).filter((header) => !compiles(header));
  if (missing.length === 0) return;
  const packages = missing.map((header) => LIBRARIES[header]);
  const install = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`the build needs ${missing.join(', ')}; in Debian: ${install}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '--quiet'], { env });
  run('apt-get', install.split(' ').slice(1), { env });
}

function install() {
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  addLibraries();
  // Its makefile is no friend of parallel jobs at the top; below, it takes all cores by itself.
  const { JOBS, MAKEFLAGS, ...env } = process.env;
  run('npm', ['ci', '--no-audit', '--no-fund', '--foreground-scripts'], {
    cwd: folder,
    env: { ...env, CKJS_LINKING: 'dynamic' },
  });
  // 300 MB of objects and sources; the libraries stay, in build/deps and build/Release.
  for (const left of ['deps/librdkafka', 'build/Release/obj.target', 'build/Release/.deps']) {
    rmSync(join(client, left), { recursive: true, force: true });
  }
}

try {
  const startMs = performance.now();
  const there = loads();
  if (there === null) install();
  const version = there ?? loads();
  if (version === null) throw new Error('it was installed, and does not load');
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  const how = there === null ? `installed in ${seconds} s` : 'there already';
  console.log(`@confluentinc/kafka-javascript with librdkafka ${version}: ${how}`);
} catch (error) {
  const told = [error.message, error.stdout, error.stderr].filter(Boolean).join('\n').split('\n').slice(-60).join('\n');
  console.error(`@confluentinc/kafka-javascript is not installed:\n${told}`);
  process.exitCode = 1;
}
