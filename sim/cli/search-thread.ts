/** What a thread of `spillway check` does: searches its part, and says after every slice how it stands. */
import { parentPort, workerData } from 'node:worker_threads';
import { type SearchTask, searchSlices } from '../testing/search-task.ts';

const { task, part, parts } = workerData as { task: SearchTask; part: number; parts: number };
for (const news of searchSlices(task, { part, parts })) parentPort!.postMessage(news);
