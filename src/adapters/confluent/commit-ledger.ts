import type { NativeError, NativePartition } from './client.ts';

export type NextOffset = NativePartition & { readonly offset: number };

interface Commit {
  readonly key: string;
  resolve(): void;
  reject(cause: unknown): void;
}

/**
 * Commits asked for and not answered. The client's own callback form (`commitCb`) calls back once the commit is on its
 * way, which says nothing: what came of it is told to `offset_commit_cb`, which has to be matched with what was asked.
 */
export class CommitLedger {
  readonly #commits: Commit[] = [];

  get open(): number {
    return this.#commits.length;
  }

  ask(next: readonly NextOffset[], send: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commits.push({ key: keyOf(next), resolve, reject });
      try {
        send();
      } catch (cause) {
        this.#commits.pop();
        reject(cause);
      }
    });
  }

  answered(error: NativeError | null | undefined, next: readonly (NextOffset & { error?: unknown })[]): void {
    const key = keyOf(next);
    const index = this.#commits.findIndex((commit) => commit.key === key);
    if (index === -1) return;
    const [commit] = this.#commits.splice(index, 1);
    const failure = error || next.find((each) => each.error !== undefined)?.error;
    if (failure) commit.reject(failure);
    else commit.resolve();
  }

  /** No answer will come. */
  abandon(cause: unknown): void {
    for (const commit of this.#commits.splice(0)) commit.reject(cause);
  }
}

function keyOf(next: readonly NextOffset[]): string {
  return next
    .map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`)
    .sort()
    .join();
}
