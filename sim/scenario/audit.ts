/** From written auditors to resolved ones. */
import { lookUp, type TimelineContext } from './look-up.ts';
import type { Scenario } from './scenario.ts';
import { formatQuantity } from './units.ts';

export function buildAudit({ scenario, clusters, report }: TimelineContext): Pick<Scenario, 'audit'> {
  const { audit } = scenario;
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
