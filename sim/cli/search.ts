/** Threads that search: one for each core, or this one alone. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type SearchNews, type SearchTask, searchSlices } from '../testing/search-task.ts';

export interface Search {
  /** The next piece of news; null when all threads have ended. */
  next(): Promise<SearchNews | null>;
  /** Ends all threads at once. */
  stop(): Promise<void>;
}

export const threadsMax = (): number => availableParallelism();

/** Throws what a thread throws. With one thread it is this one, and `turn` lets signals in between two slices. */
export function startSearch(
  task: SearchTask,
  { threads, turn }: { threads: number; turn: () => Promise<void> },
): Search {
  return threads <= 1 ? searchHere(task, turn) : searchOnThreads(task, threads);
}

function searchHere(task: SearchTask, turn: () => Promise<void>): Search {
  const slices = searchSlices(task, { part: 0, parts: 1 });
  return {
    next: async () => {
      await turn();
      const { value } = slices.next();
      return value ?? null;
    },
    stop: async () => {},
  };
}

function searchOnThreads(task: SearchTask, threads: number): Search {
  const news: (SearchNews | Error)[] = [];
  let wake = (): void => {};
  let running = threads;
  const hear = (each: SearchNews | Error | null): void => {
    if (each === null) running--;
    else news.push(each);
    wake();
  };
  // Beside this file, source or built.
  const file = new URL(import.meta.url.endsWith('.ts') ? './search-thread.ts' : './search-thread.js', import.meta.url);
  const workers = Array.from({ length: threads }, (_, part) => {
    const worker = new Worker(file, { workerData: { task, part, parts: threads } });
    worker.on('message', (message: SearchNews) => hear(message));
    worker.on('error', (error: Error) => hear(error));
    worker.on('exit', () => hear(null));
    return worker;
  });
  return {
    next: async () => {
      while (news.length === 0 && running > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const first = news.shift();
      if (first instanceof Error) throw first;
      return first ?? null;
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
