/** One schema for scenarios in YAML and TypeScript, with units, presets and sources. */
export { type Explanation, explain } from './explain.ts';
export { formatIssue, ScenarioError, type ScenarioIssue } from './issue.ts';
export { scenarioJsonSchema } from './json-schema.ts';
export { type LoadOptions, loadScenario, writtenScenario } from './load.ts';
export { defineScenario, presets } from './presets.ts';
export { resolveScenario, runTimesOf, type Written } from './resolve.ts';
export type * from './scenario.ts';
export { scenarioHash } from './scenario-hash.ts';
export { scenarioTemplate } from './template.ts';
export { formatQuantity, parseQuantity, type Quantity } from './units.ts';
export type { ScenarioPatch, WrittenScenario } from './written.ts';
