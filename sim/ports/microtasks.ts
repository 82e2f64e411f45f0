/**
 * Resolves once nothing is left that promises have to do: Node runs them to exhaustion before it turns to the next phase
 * of its event loop, and this waits for that. Nothing is read off any clock of the machine, so how long it takes changes
 * no result. What waits for input, output or a timer of the machine is not waited for.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
