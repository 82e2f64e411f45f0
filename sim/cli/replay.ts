/** `spillway replay`: runs a failed schedule again, to the byte, and shows its steps when asked. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PoliciesModule } from '../testing/check.ts';
import { isToken, parseCase, type SavedCase, savedCaseOf } from '../testing/token.ts';
import { EXIT_ASSERTION, EXIT_OK, InputError } from './exit.ts';
import type { Io } from './io.ts';
import type { Kit } from './world.ts';

/** Answers 1 when the promise is broken again, 0 when it holds now. Throws InputError for what is no failure. */
export async function replayCommand(
  args: { readonly what: string; readonly trace: boolean; readonly policies: string | undefined },
  { io, kit }: { io: Io; kit: Kit },
): Promise<number> {
  const saved = savedOf(args.what);
  if (saved.code && args.policies === undefined) {
    throw new InputError(
      `replay: the policies or bounds of this check are code; name their module with --policies <file>, or run its test with SPILLWAY_REPLAY=<token> in the environment`,
    );
  }
  const policies = args.policies === undefined ? undefined : await policiesIn(args.policies);
  const failure = kit.replay(saved, policies);
  if (failure === null) {
    io.out('HOLDS: the schedule no longer breaks the promise\n');
    return EXIT_OK;
  }
  io.out(`${failure.text}\n`);
  if (args.trace) io.out(`every step:\n${failure.trace.map((line) => `  ${line}\n`).join('')}`);
  if (failure.saved.digest !== saved.digest) {
    io.err(`spillway: not the same run: digest ${failure.saved.digest}, saved was ${saved.digest}; another version?\n`);
  }
  return EXIT_ASSERTION;
}

/** The `policies` of a module of the user's. */
async function policiesIn(file: string): Promise<PoliciesModule['policies']> {
  const bad = (what: string): InputError => new InputError(`replay --policies ${file}: ${what}`);
  let module: Partial<PoliciesModule>;
  try {
    module = (await import(pathToFileURL(resolve(file)).href)) as Partial<PoliciesModule>;
  } catch (error) {
    throw bad(`${(error as Error).message}; expected a JavaScript module`);
  }
  const { policies } = module;
  if (typeof policies !== 'object' || policies === null) {
    const exported = Object.keys(module).join(', ') || 'nothing';
    throw bad(`it exports ${exported}; expected \`policies\`, an object with producer, router, dedupe or bounds`);
  }
  const known = ['producer', 'router', 'dedupe', 'bounds'];
  const strange = Object.keys(policies).filter((key) => !known.includes(key));
  if (strange.length > 0) throw bad(`policies.${strange[0]}; expected one of ${known.join(', ')}`);
  return policies;
}

function savedOf(what: string): SavedCase {
  try {
    if (isToken(what)) return savedCaseOf(what);
    if (statSync(what, { throwIfNoEntry: false }) === undefined) {
      throw new RangeError('no such file; expected a token, or a file of a corpus');
    }
    return parseCase(readFileSync(what, 'utf8'));
  } catch (error) {
    throw new InputError(`replay ${what.slice(0, 60)}: ${(error as Error).message}`);
  }
}
