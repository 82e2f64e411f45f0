/** The command line: options to commands, and every way to fail to its exit code. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { nsOf } from '../testing/arbitrary/duration.ts';
import { FAULT_KINDS, type FaultKindName } from '../testing/arbitrary/fault-kinds.ts';
import { checkCommand } from './check.ts';
import { drillCommand } from './drill.ts';
import { EXIT_INPUT, EXIT_INVARIANT, EXIT_OK, InputError } from './exit.ts';
import { explainCommand } from './explain.ts';
import { initCommand } from './init.ts';
import { presetsCommand } from './presets.ts';
import { replayCommand } from './replay.ts';
import { type RunDoors, runCommand } from './run.ts';
import { validateCommand } from './validate.ts';
import { packageVersion } from './version.ts';
import type { Kit } from './world.ts';

const EXIT_CODES = `
Exit codes:
  0    ran, and every assertion holds
  1    an assertion of the scenario, or a promise that was checked, does not hold
  2    bad input; nothing was written
  3    an invariant of spillway itself is broken; the message has the command that replays it
  130  stopped by Ctrl-C; what was reached was printed`;

/** Runs one command line, without the node and script words, and answers the exit code. Never throws on bad input. */
export async function runProgram(words: readonly string[], doors: ProgramDoors): Promise<number> {
  const { io } = doors;
  let code: number = EXIT_OK;
  const program = buildProgram(doors, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === 'commander.missingArgument' && words.includes('--json')) {
        io.err('A word after --json is its file: put the scenario before --json.\n');
      }
      const asked = error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
      return asked ? EXIT_OK : EXIT_INPUT;
    }
    if (error instanceof InputError || (error instanceof Error && error.name === 'ScenarioError')) {
      io.err(`spillway: ${error.message}\n`);
      return EXIT_INPUT;
    }
    io.err(`spillway: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT_INVARIANT;
  }
}

export interface ProgramDoors extends RunDoors {
  readonly kit: Kit;
}

interface CheckCommandOptions {
  readonly set: readonly string[];
  readonly time: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly corpus?: string;
  readonly kind?: readonly FaultKindName[];
  readonly faultsMax?: number;
  readonly apart?: string;
  readonly forMax?: string;
  readonly fidelity?: 'record' | 'request';
  readonly settle?: string;
  readonly quiet?: boolean;
}

interface RunOptions {
  readonly seed?: number;
  readonly for?: string;
  readonly fidelity?: 'record' | 'request';
  readonly set: readonly string[];
  readonly json?: string | true;
  readonly quiet?: boolean;
}

function buildProgram(doors: ProgramDoors, done: (code: number) => void): Command {
  const { io } = doors;
  const program = new Command('spillway')
    .description('Simulates event pipelines over Kafka, and accounts for every record.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .addHelpText('after', EXIT_CODES);

  program
    .command('run')
    .description('simulate a preset or a scenario file')
    .argument('<scenario>', 'name of a preset, or path of a YAML file')
    .option('--seed <n>', 'seed of all randomness instead of the scenario’s', parseSeed)
    .option('--for <duration>', 'simulated time after the warm-up, such as 10s')
    .addOption(new Option('--fidelity <level>', 'how finely to simulate').choices(['record', 'request']))
    .option('--set <path=value>', 'override a setting; may be given again', collect, [])
    .option('--json [file]', 'write the result as JSON to a file, or to standard output and nothing else there')
    .option('--quiet', 'neither progress nor summary')
    .action(async (source: string, options: RunOptions) => {
      const { set: sets, ...rest } = options;
      done(await runCommand({ source, sets, ...rest }, doors));
    });

  program
    .command('drill')
    .description('run a failover, and again with each of its steps twice as slow')
    .argument('<scenario>', 'name of a preset, or path of a YAML file')
    .option('--set <path=value>', 'override a setting; may be given again', collect, [])
    .option('--json', 'write JSON, and nothing else, to standard output')
    .option('--quiet', 'no progress')
    .action(async (source: string, { set: sets, ...rest }: { set: string[]; json?: boolean; quiet?: boolean }) => {
      done(await drillCommand({ source, sets, ...rest }, doors));
    });

  program
    .command('check')
    .description('search for faults under which a scenario breaks what it asserts')
    .argument('<scenario>', 'name of a preset, or path of a YAML file')
    .option('--time <duration>', 'how long to search, wall time', parseTime, 10_000)
    .option('--seed <n>', 'seed of the search; default 1', parseSeed)
    .option('--threads <n>', 'threads to search with; default one a core', parseCount)
    .option('--corpus <folder>', 'where failures are kept, and tried first; default .spillway/<name>')
    .addOption(
      new Option('--kind <kind...>', 'kinds of fault; default all').choices(FAULT_KINDS.map(({ kind }) => kind)),
    )
    .option('--faults-max <n>', 'faults of a schedule at most; default 4', parseCount)
    .option(
      '--apart <duration>',
      'least time between the end of a fault and the next; default they may overlap',
      aDuration,
    )
    .option('--for-max <duration>', 'longest fault', aDuration)
    .option('--settle <duration>', 'how long all may take to drain once healed; default 30s', aDuration)
    .addOption(
      new Option('--fidelity <level>', 'how finely to simulate; default record').choices(['record', 'request']),
    )
    .option('--set <path=value>', 'override a setting; may be given again', collect, [])
    .option('--quiet', 'say nothing unless something breaks')
    .action(async (source: string, { set: sets, time: timeMs, kind: kinds, ...rest }: CheckCommandOptions) => {
      done(await checkCommand({ source, sets, timeMs, kinds, ...rest }, doors));
    });

  program
    .command('replay')
    .description('run a schedule again that broke a promise')
    .argument('<failure>', 'the token that a failed check has printed, or a file of a corpus')
    .option('--trace', 'show every step of the run')
    .option('--policies <file>', 'a JavaScript module that exports `policies`, where the check had code')
    .action(async (what: string, { trace, policies }: { trace?: boolean; policies?: string }) =>
      done(await replayCommand({ what, trace: trace === true, policies }, doors)),
    );

  program
    .command('validate')
    .description('check a scenario without running it')
    .argument('<scenario>', 'name of a preset, or path of a YAML file')
    .option('--set <path=value>', 'override a setting; may be given again', collect, [])
    .action((source: string, { set: sets }: { set: string[] }) => done(validateCommand({ source, sets }, doors)));

  program
    .command('init')
    .description('write a commented scenario to start from')
    .argument('[file]', 'where to', 'scenario.yaml')
    .option('--force', 'replace a file that is there already')
    .action((file: string, { force }: { force?: boolean }) =>
      done(initCommand({ file, force: force === true }, doors)),
    );

  program
    .command('presets')
    .description('list what can be run by name')
    .action(() => done(presetsCommand(doors)));

  program
    .command('explain')
    .description('say what a setting means, its unit, default and source')
    .argument('[path]', 'such as producers.policy.linger; without one, the whole', '')
    .action((path: string) => done(explainCommand({ path }, doors)));

  return program;
}

const collect = (value: string, before: readonly string[]): string[] => {
  if (!/^[^=\s]+=/.test(value)) throw new InvalidArgumentError('Expected path=value, such as run.for=10s.');
  return [...before, value];
};

function parseSeed(value: string): number {
  const seed = Number(value);
  if (!/^\d+$/.test(value) || seed > 0xffff_ffff) {
    throw new InvalidArgumentError('Expected a whole number from 0 to 4294967295.');
  }
  return seed;
}

function parseCount(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return Number(value);
}

const aDuration = (value: string): string => {
  parseTime(value);
  return value;
};

function parseTime(value: string): number {
  try {
    return nsOf(value) / 1e6;
  } catch {
    throw new InvalidArgumentError('Expected a duration with its unit, such as 30s.');
  }
}
