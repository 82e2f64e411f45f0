/** `spillway replay`: runs a failed schedule again, to the byte, and shows its steps when asked. */
import { readFileSync, statSync } from 'node:fs';
import { isToken, parseCase, type SavedCase, savedCaseOf } from '../testing/token.ts';
import { EXIT_ASSERTION, EXIT_OK, InputError } from './exit.ts';
import type { Io } from './io.ts';
import type { Kit } from './world.ts';

/** Answers 1 when the promise is broken again, 0 when it holds now. Throws InputError for what is no failure. */
export function replayCommand(
  args: { readonly what: string; readonly trace: boolean },
  { io, kit }: { io: Io; kit: Kit },
): number {
  const saved = savedOf(args.what);
  if (saved.code) {
    throw new InputError(
      `replay: the policies or bounds of this check are code; run its test with SPILLWAY_REPLAY=<token> in the environment`,
    );
  }
  const failure = kit.replay(saved);
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
