import type { CommitPolicy } from './policy.ts';

/**
 * Commits every `intervalNs`: what is lost with a container, and so comes twice, is at most what this time writes.
 * @param upTo what may be committed; see `CommitPolicy.upTo`
 */
export function commitEvery(intervalNs: number, upTo: CommitPolicy['upTo'] = 'written'): CommitPolicy {
  return { name: 'interval', upTo, dueNs: (_records, lastNs) => lastNs + intervalNs };
}

/** Commits after `records`, or `intervalNs` for a trickle: bounds duplicates by number instead of by time. */
export function commitAfter(options: { readonly records: number; readonly intervalNs: number }): CommitPolicy {
  return {
    name: 'number',
    dueNs: (records, lastNs) => (records >= options.records ? lastNs : lastNs + options.intervalNs),
  };
}
