/** What no single setting gets wrong, but several together: more copies than brokers, routes to nowhere. */
import { checkAlertSubjects } from './alerts.ts';
import type { Finding } from './check.ts';
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import { nearest } from './nearest.ts';
import { partitionsToCome } from './operations.ts';
import { checkQuotaBounds } from './quota-bounds.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';

export function checkSense(context: TimelineContext): void {
  checkPolicy(context);
  checkQuotas(context);
  checkHealing(context);
  checkClusters(context);
  checkSinks(context);
  checkTopics(context);
  checkShares(context);
  checkContainers(context);
  checkAlertSubjects(context);
  const { report } = context;
  checkDistinct(context.clusters.all, 'clusters', report);
  checkDistinct(context.sinks.all, 'sinks', report);
  checkDistinct(context.topics, 'topics', report);
}

/** The core refuses such a producer too; here the error names the setting. */
function checkPolicy({ scenario, report }: TimelineContext): void {
  const { policy } = scenario.producers;
  const { linger, requestTimeout, deliveryTimeout } = policy;
  if (policy.idempotence === 'on' && (scenario.kafka.profile !== '4.x' || !mayBeIdempotent(policy))) {
    report({
      path: ['producers', 'policy', 'idempotence'],
      given: 'on',
      expected: 'acks all, inFlight at most 5, retries above 0, and a Kafka of 0.11 or later (profile 4.x)',
    });
  }
  if (deliveryTimeout >= linger + requestTimeout) return;
  report({
    path: ['producers', 'policy', 'deliveryTimeout'],
    given: formatQuantity('duration', deliveryTimeout),
    expected: `at least linger + requestTimeout = ${formatQuantity('duration', linger + requestTimeout)}`,
  });
}

/** The detector would refuse it, too. */
function checkHealing({ scenario: { healing }, report }: TimelineContext): void {
  if (healing.kind === 'off' || healing.hits <= healing.window) return;
  const expected = `at most window, ${healing.window}`;
  report({ path: ['healing', 'hits'], given: String(healing.hits), expected });
}

/** The core would refuse these, too; and a share of the volume for a tenant without a quota is a slip of the pen. */
function checkQuotas({ scenario, report }: TimelineContext): void {
  const { quotas, policy } = scenario.producers;
  for (const [tenant, quota] of Object.entries(quotas)) {
    const path = (key: string): PathStep[] => ['producers', 'quotas', tenant, key];
    checkQuotaBounds(quota, { path, recordMax: policy.recordMax, report });
  }
  const known = Object.keys(quotas);
  const check = (path: PathStep[], tenant: string): void => {
    if (known.includes(tenant)) return;
    const hint = nearest(tenant, known);
    const expected = `a tenant of producers.quotas; there are ${known.join(', ') || 'none'}`;
    report({ path, given: `unknown tenant ${JSON.stringify(tenant)}`, expected, nearest: hint });
  };
  for (const tenant of Object.keys(scenario.topics.tenants)) check(['topics', 'tenants', tenant], tenant);
  for (const [name, { tenant }] of Object.entries(scenario.topics.named)) {
    if (tenant !== undefined) check(['topics', 'named', name, 'tenant'], tenant);
  }
  const shares = Object.values(scenario.topics.tenants).reduce((sum, share) => sum + share, 0);
  if (shares > 1 + 1e-9) {
    const given = `${Number((shares * 100).toFixed(6))}% in all`;
    report({ path: ['topics', 'tenants'], given, expected: 'shares that come to 100% at most' });
  }
}

/** AK `ProducerConfig.postProcessAndValidateIdempotenceConfigs`: what an idempotent producer needs. */
export function mayBeIdempotent(policy: { acks: string; inFlight: number; retries: number }): boolean {
  return policy.acks === 'all' && policy.inFlight <= 5 && policy.retries > 0;
}

function checkClusters({ scenario, report }: TimelineContext): void {
  for (const [name, cluster] of Object.entries(scenario.clusters)) {
    const path = (key: string): PathStep[] => ['clusters', name, key];
    const regions = Object.keys(scenario.regions);
    if (cluster.region !== undefined && !regions.includes(cluster.region)) {
      const hint = nearest(cluster.region, regions);
      report({
        path: path('region'),
        given: `unknown region ${JSON.stringify(cluster.region)}`,
        expected: regions.join(', '),
        nearest: hint,
      });
    }
    if (cluster.replicationFactor > cluster.brokers) {
      const expected = `at most ${cluster.brokers}, the brokers of the cluster: each copy needs its own`;
      report({ path: path('replicationFactor'), given: String(cluster.replicationFactor), expected });
    }
    if (cluster.log.minInsyncReplicas > cluster.replicationFactor) {
      const expected = `at most ${cluster.replicationFactor}, the copies of a partition`;
      report({ path: [...path('log'), 'minInsyncReplicas'], given: String(cluster.log.minInsyncReplicas), expected });
    }
  }
}

function checkGroup(
  path: readonly PathStep[],
  { group, commitUpTo }: ParsedScenario['sinks'][string]['router'],
  report: TimelineContext['report'],
): void {
  if (group.protocol === 'static') return;
  if (commitUpTo === 'fetched') {
    const expected = 'written, where containers form a group: what one gives up and has committed would be nobody’s';
    report({ path: [...path, 'commitUpTo'], given: commitUpTo, expected });
  }
  if (group.heartbeat >= group.session) {
    const given = formatQuantity('duration', group.heartbeat);
    const expected = `less than the session, ${formatQuantity('duration', group.session)}; Kafka wants a third at most`;
    report({ path: [...path, 'group', 'heartbeat'], given, expected });
  }
}

function checkSinks({ scenario, clusters, sinks, report }: TimelineContext): void {
  for (const [name, sink] of Object.entries(scenario.sinks)) {
    checkGroup(['sinks', name, 'router'], sink.router, report);
    if (sink.kind === 'kafka') {
      const path = ['sinks', name, 'cluster'];
      for (const cluster of lookUp(sink.cluster, clusters.byName, { path, what: 'a consumer cluster', report })) {
        if (cluster.role === 'consumer') continue;
        const consumers = clusters.all.filter(({ role }) => role === 'consumer').map((each) => each.name);
        report({
          path,
          given: `${sink.cluster}, which is a fronting cluster`,
          expected: `a consumer cluster; there are ${consumers.join(', ') || 'none'}`,
        });
      }
    }
    sink.router.sharedWith.forEach((other, i) => {
      lookUp(other, sinks.byName, { path: ['sinks', name, 'router', 'sharedWith', i], what: 'a sink', report });
    });
    const { scaling } = sink.router;
    if (scaling.kind === 'lag' && scaling.containersMin > scaling.containersMax) {
      const expected = `at most containersMax, ${scaling.containersMax}`;
      report({
        path: ['sinks', name, 'router', 'scaling', 'containersMin'],
        given: String(scaling.containersMin),
        expected,
      });
    }
  }
}

function checkTopics({ scenario, clusters, topics, report }: TimelineContext): void {
  const { instances } = scenario.producers;
  for (const [name, topic] of Object.entries(scenario.topics.named)) {
    if (topic.streams > instances) {
      const expected = `at most ${instances}, the instances: each is one stream of a topic`;
      report({ path: ['topics', 'named', name, 'streams'], given: String(topic.streams), expected });
    }
    if (topic.replicationFactor === undefined) continue;
    const made = topics.filter((each) => each.name === name || each.name.endsWith(`.${name}`));
    for (const { cluster, replicationFactor } of made) {
      const brokers = clusters.byName.get(cluster)?.[0]?.brokers ?? replicationFactor;
      if (replicationFactor <= brokers) continue;
      const expected = `at most ${brokers}, the brokers of ${cluster}`;
      report({ path: ['topics', 'named', name, 'replicationFactor'], given: String(replicationFactor), expected });
    }
  }
  if (scenario.topics.count === 0) {
    if (topics.length === 0)
      report({
        path: ['topics'],
        given: 'no topics',
        expected: '`count:` of topics to generate, or topics under `named:`',
      });
    return;
  }
  if (scenario.traffic.rate === 0) {
    report({ path: ['traffic', 'rate'], given: '0/s', expected: 'the rate of the generated topics, such as 8M/s' });
  }
  const least = scenario.topics.count * Object.keys(scenario.regions).length;
  if (scenario.producers.streams < least) {
    const expected = `at least ${least}, one for each generated topic of each region`;
    report({ path: ['producers', 'streams'], given: String(scenario.producers.streams), expected });
  }
  const widest = topics.reduce((most, topic) => Math.max(most, topic.streams), 0);
  const isNamed = topics.some(({ name, streams }) => streams === widest && scenario.topics.named[name] !== undefined);
  if (widest > instances && !isNamed) {
    const expected = `at least ${widest}, as the busiest topic has so many streams and each is an instance of its own`;
    report({ path: ['producers', 'instances'], given: String(instances), expected });
  }
}

function checkShares({ scenario, report }: TimelineContext): void {
  const total = Object.values(scenario.topics.classes).reduce((sum: number, share) => sum + (share ?? 0), 0);
  if (scenario.topics.count > 0 && Math.abs(total - 1) > 1e-9) {
    const given = `${Number((total * 100).toFixed(6))}% in all`;
    report({ path: ['topics', 'classes'], given, expected: 'shares that come to 100%' });
  }
  if (Object.values(scenario.regions).every(({ share }) => share === 0)) {
    report({ path: ['regions'], given: 'no region with a share above 0', expected: 'one at least' });
  }
}

/** A container serves one topic, up to so many partitions of it. */
function checkContainers({ scenario, sinks, topics, report }: TimelineContext): void {
  for (const [name, written] of Object.entries(scenario.sinks)) {
    const { containers, partitionsPerContainerMax: most } = written.router;
    const made = (sinks.byName.get(name) ?? []).map((sink) => sink.name);
    let needed = 0;
    for (const topic of topics) {
      const partitions = topic.partitions + partitionsToCome(scenario, topics, topic.name);
      if (topic.routes.some((route) => made.includes(route))) needed += Math.ceil(partitions / most);
    }
    if (containers >= needed) continue;
    const expected = `at least ${needed}: a container serves one topic, and up to ${most} of its partitions`;
    report({ path: ['sinks', name, 'router', 'containers'], given: String(containers), expected });
  }
}

function checkDistinct(
  things: readonly { readonly name: string }[],
  path: string,
  report: (finding: Finding) => void,
): void {
  const seen = new Set<string>();
  for (const { name } of things) {
    if (seen.has(name))
      report({ path: [path], given: `two called ${name}`, expected: 'names that differ once templates are spread' });
    seen.add(name);
  }
}
