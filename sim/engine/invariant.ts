/** A broken invariant: a bug of ours, never an operating failure. A run that throws it ends with exit code 3. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws an `InvariantError` unless `condition` holds. On hot paths test first and build the message only on failure. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
