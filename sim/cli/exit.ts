/** What the process tells its caller. Part of the interface: scripts depend on these numbers. */

/** It ran, and every assertion holds. */
export const EXIT_OK = 0;
/** It ran; an assertion of the scenario does not hold. */
export const EXIT_ASSERTION = 1;
/** Input is bad (a scenario, an option, a file); nothing was written. */
export const EXIT_INPUT = 2;
/** An invariant of ours is broken; the message has the command that replays it. */
export const EXIT_INVARIANT = 3;
/** Stopped by Ctrl-C, as shells count it: 128 + SIGINT. What was reached has been printed. */
export const EXIT_INTERRUPTED = 130;

/** Bad input: told in one message, ends with `EXIT_INPUT`. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
