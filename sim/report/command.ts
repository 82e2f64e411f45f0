/** What a run was asked for, in the words of the command line. */
export interface RunRequest {
  /** Preset or file, as given. */
  readonly source: string;
  readonly sets: readonly string[];
  /** Absent: the scenario's own. */
  readonly for?: string | undefined;
  readonly fidelity?: string | undefined;
}

/** For a POSIX shell: left bare when nothing in it needs quoting. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command that gives the same bytes again. The seed is always named: a scenario's own may be edited later. */
export function replayCommand(request: RunRequest, seed: number): string {
  const words = ['spillway', 'run', request.source, '--seed', String(seed)];
  if (request.for !== undefined) words.push('--for', request.for);
  if (request.fidelity !== undefined) words.push('--fidelity', request.fidelity);
  for (const set of request.sets) words.push('--set', set);
  return words.map(shellQuote).join(' ');
}
