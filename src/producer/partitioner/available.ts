import type { TopicView } from '../policy.ts';

/** Lists are shared by every partitioner and stream that sees the same view; they go when the view goes. */
const listOf = new WeakMap<TopicView, Int32Array>();

/**
 * The partitions worth choosing from, ascending: those with a leader, or all if none has one (then records wait, and
 * any is as good). Worked out once a view; scratch-free, so the answer may be kept as long as the view.
 */
export function availableIn(view: TopicView): Int32Array {
  let list = listOf.get(view);
  if (list === undefined) {
    list = work(view.leaders);
    listOf.set(view, list);
  }
  return list;
}

function work(leaders: Int32Array): Int32Array {
  let count = 0;
  for (let partition = 0; partition < leaders.length; partition++) if (leaders[partition] >= 0) count++;
  const all = count === 0;
  const list = new Int32Array(all ? leaders.length : count);
  let at = 0;
  for (let partition = 0; partition < leaders.length; partition++) {
    if (all || leaders[partition] >= 0) list[at++] = partition;
  }
  return list;
}

/** Keeps the list of each stream at hand, so that the hot path compares one reference instead of hashing an object. */
export class Available {
  readonly #views: (TopicView | null)[] = [];
  readonly #lists: Int32Array[] = [];

  addStream(stream: number): void {
    this.#views[stream] = null;
    this.#lists[stream] = NONE;
  }

  /** As `availableIn`. */
  of(stream: number, view: TopicView): Int32Array {
    if (this.#views[stream] !== view) {
      this.#views[stream] = view;
      this.#lists[stream] = availableIn(view);
    }
    return this.#lists[stream];
  }
}

const NONE = new Int32Array(0);
