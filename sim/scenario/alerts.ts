/** From written alerts, and assertions on them, to resolved ones. */
import type { AlertRule } from '../../src/audit/alert-rules.ts';
import { routeName } from '../measure/route-name.ts';
import type { TimelineContext } from './look-up.ts';
import { nearest } from './nearest.ts';
import type { AlertsSpec, AssertionSpec, TopicSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';

type Written = NonNullable<ParsedScenario['alerts']>;
type WrittenAssertion = ParsedScenario['assert'][number] & { metric: 'alert' };

export function buildAlerts(written: Written): AlertsSpec {
  const { drops, lag, stuckConsumer, underReplicated, offline } = written;
  return {
    intervalNs: written.interval,
    rules: {
      drops: ruleOf(drops),
      lag: ruleOf(lag),
      'stuck-consumer': ruleOf(stuckConsumer),
      'under-replicated': ruleOf({ ...underReplicated, window: 0 }),
      offline: ruleOf({ ...offline, window: 0 }),
    },
  };
}

function ruleOf(written: { above: number; window: number; for: number; clearFor: number }): AlertRule {
  return { above: written.above, windowNs: written.window, forNs: written.for, clearForNs: written.clearFor };
}

/** A name that no alert of the rule can have would make an assertion that holds for nothing. */
export function checkAlertSubjects(context: TimelineContext & { readonly topics: readonly TopicSpec[] }): void {
  const { scenario, clusters, topics, report } = context;
  scenario.assert.forEach((assertion, i) => {
    if (assertion.metric !== 'alert' || assertion.on === undefined) return;
    const names =
      assertion.rule === 'drops'
        ? topics.map(({ name }) => name)
        : assertion.rule === 'lag' || assertion.rule === 'stuck-consumer'
          ? topics.flatMap(({ name, routes }) => routes.map((sink) => routeName(name, sink)))
          : clusters.all.map(({ name }) => name);
    if (names.includes(assertion.on)) return;
    report({
      path: ['assert', i, 'on'],
      given: `unknown name ${JSON.stringify(assertion.on)}`,
      expected: `one of ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`,
      nearest: nearest(assertion.on, names),
    });
  });
}

export function alertAssertion(assertion: WrittenAssertion, i: number, context: TimelineContext): AssertionSpec[] {
  const { scenario, report } = context;
  const { rule, on, raisedWithin, clearedWithin, never } = assertion;
  if (scenario.alerts === undefined) {
    report({ path: ['assert', i, 'metric'], given: 'alert', expected: '`alerts:` in the scenario: nobody watches it' });
    return [];
  }
  const asked = [raisedWithin, clearedWithin, never].filter((each) => each !== undefined && each !== false);
  if (asked.length !== 1) {
    const expected = 'one of raisedWithin, clearedWithin and never: true';
    report({ path: ['assert', i], given: `${asked.length} bounds`, expected });
    return [];
  }
  const base = { metric: 'alert', rule, subject: on ?? null } as const;
  if (raisedWithin !== undefined) return [{ ...base, bound: { kind: 'raised-within', ns: raisedWithin } }];
  if (clearedWithin !== undefined) return [{ ...base, bound: { kind: 'cleared-within', ns: clearedWithin } }];
  return [{ ...base, bound: { kind: 'never' } }];
}
