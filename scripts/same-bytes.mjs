// Same scenario, seed and version: the same bytes on every Node. Runs each case on this Node twice and on the Node given,
// and compares everything of --json but `wall`.
//   node scripts/same-bytes.mjs [version of the other Node, 24 by default]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const main = join(root, 'dist/sim/cli/main.js');
const other = process.argv[2] ?? '24';

const cases = [
  ['laptop', '--for', '10s', '--fidelity', 'request'],
  ['laptop', '--for', '2s', '--fidelity', 'record'],
  ['laptop', '--for', '10s', '--seed', '12345'],
];

/** [program, words before the script] by name. */
const nodes = {
  [process.version]: [process.execPath, []],
  [`${process.version} again`]: [process.execPath, []],
  [`v${other}`]: ['npx', ['-y', '-p', `node@${other}`, 'node']],
};

function bytesOf([program, before], words) {
  let text;
  try {
    text = execFileSync(program, [...before, main, 'run', ...words, '--json'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  } catch (error) {
    // An assertion that does not hold (1) has written its result all the same.
    if (error.status !== 1) throw error;
    text = error.stdout;
  }
  const { wall: _, ...rest } = JSON.parse(text);
  return JSON.stringify(rest);
}

const seen = execFileSync('npx', ['-y', '-p', `node@${other}`, 'node', '--version'], { encoding: 'utf8' }).trim();
if (!seen.startsWith(`v${other}`)) throw new Error(`asked for Node ${other}, got ${seen}`);

let differing = 0;
for (const words of cases) {
  const texts = Object.entries(nodes).map(([name, node]) => ({ name, text: bytesOf(node, words) }));
  const [first, ...others] = texts;
  const unlike = others.filter(({ text }) => text !== first.text);
  for (const { name, text } of unlike) {
    const at = [...text].findIndex((char, index) => char !== first.text[index]);
    console.log(`${name} differs from ${first.name} at byte ${at}: …${text.slice(Math.max(0, at - 80), at + 80)}…`);
  }
  differing += unlike.length;
  const digest = createHash('sha256').update(first.text).digest('hex').slice(0, 16);
  console.log(
    `${unlike.length === 0 ? 'same' : 'DIFFERENT'}: ${words.join(' ')} (${first.text.length} bytes, ${digest})`,
  );
}
console.log(`compared ${Object.keys(nodes).join(', ')} (${seen})`);
process.exitCode = differing === 0 ? 0 : 1;
