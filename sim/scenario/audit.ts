/** From written auditors to resolved ones. */
import { lookUp, type TimelineContext } from './look-up.ts';
import type { Scenario } from './scenario.ts';
import { formatQuantity } from './units.ts';

/**
 * What was so and what was said is kept until the end: for each partition, and for each leg of a topic, by window. Some
 * hundred bytes each, so that this comes to about half a GB (guess: what a workstation can spare).
 */
const ROWS_MAX = 5_000_000;

export function buildAudit({ scenario, clusters, topics, report }: TimelineContext): Pick<Scenario, 'audit'> {
  const { audit, run } = scenario;
  if (audit === undefined) return {};
  const [cluster] = lookUp(audit.cluster, clusters.byName, { path: ['audit', 'cluster'], what: 'a cluster', report });
  const least = audit.grace + audit.delay;
  if (audit.settle <= least) {
    const expected = `more than grace + delay = ${formatQuantity('duration', least)}`;
    report({ path: ['audit', 'settle'], given: formatQuantity('duration', audit.settle), expected });
  }
  if (audit.keep < audit.settle) {
    const expected = `settle or more, ${formatQuantity('duration', audit.settle)}`;
    report({ path: ['audit', 'keep'], given: formatQuantity('duration', audit.keep), expected });
  }
  if (audit.window % 1_000_000 !== 0) {
    report({ path: ['audit', 'window'], given: `${audit.window} ns`, expected: 'whole milliseconds' });
  }
  const rows = topics.reduce((sum, { partitions, routes }) => sum + partitions + 1 + routes.length, 0);
  const lengthNs = run.warmup + run.for;
  if (Math.ceil(lengthNs / audit.window) * rows > ROWS_MAX) {
    const seconds = Math.ceil(lengthNs / Math.max(1, Math.floor(ROWS_MAX / rows)) / 1e9);
    const expected = `at least ${formatQuantity('duration', seconds * 1e9)} in a run so long, over ${rows} partitions and legs of topics; or a shorter run`;
    report({ path: ['audit', 'window'], given: formatQuantity('duration', audit.window), expected });
  }
  return {
    audit: {
      cluster: cluster === undefined ? 0 : clusters.all.indexOf(cluster),
      windowNs: audit.window,
      graceNs: audit.grace,
      settleNs: audit.settle,
      delayNs: audit.delay,
      holdNs: audit.hold,
      keepNs: audit.keep,
    },
  };
}
