/** From the name of a preset or of a file, and what the command line says, to a scenario. */
import { parse } from 'yaml';
import { parsePath, ScenarioError, show } from './issue.ts';
import { chainOf, type Layer, mergeLayers, namedLayer, objectLayer } from './layers.ts';
import { type Tree, treeOf } from './merge.ts';
import { resolveLayers, type Written } from './resolve.ts';
import type { Scenario } from './scenario.ts';

export interface LoadOptions {
  /** `path=value` each, the value as in YAML; later ones win. */
  readonly sets?: readonly string[];
  readonly seed?: number;
  /** A duration with its unit. */
  readonly for?: string;
  readonly fidelity?: 'record' | 'request';
}

/**
 * Loads a preset, a scenario in YAML by its path, or one in written form. Overrides come last: `sets`, then the others. Throws a
 * `ScenarioError` that names what is wrong, and where.
 */
export function loadScenario(what: string | Written, options: LoadOptions = {}): Scenario {
  return resolveLayers(layersOf(what, options));
}

/** The same as one written scenario that rests on nothing else: what it extends and what overrides it are part of it. */
export function writtenScenario(what: string | Written, options: LoadOptions = {}): Written {
  const layers = layersOf(what, options);
  resolveLayers(layers);
  return mergeLayers(layers) as Written;
}

function layersOf(what: string | Written, options: LoadOptions): Layer[] {
  const layers = chainOf(typeof what === 'string' ? namedLayer(what, '.') : objectLayer(what, { directory: '.' }));
  for (const set of options.sets ?? []) layers.push(setLayer(set, layers));
  const run = { for: options.for, fidelity: options.fidelity };
  if (run.for !== undefined) layers.push(objectLayer({ run: { for: run.for } }, { label: '--for' }));
  if (run.fidelity !== undefined)
    layers.push(objectLayer({ run: { fidelity: run.fidelity } }, { label: '--fidelity' }));
  if (options.seed !== undefined) layers.push(objectLayer({ seed: options.seed }, { label: '--seed' }));
  return layers;
}

function setLayer(set: string, below: readonly Layer[]): Layer {
  const at = set.indexOf('=');
  const path = parsePath(at < 0 ? '' : set.slice(0, at).trim());
  if (path.length === 0) {
    throw new ScenarioError([
      { path: '', file: '--set', given: show(set), expected: 'path=value, such as traffic.rate=4M/s' },
    ]);
  }
  const written = set.slice(at + 1).trim();
  let value: unknown;
  try {
    value = parse(written);
  } catch {
    throw new ScenarioError([
      { path: path.join('.'), file: '--set', given: show(written), expected: 'a value as in YAML' },
    ]);
  }
  const tree: Tree = treeOf(path, value, mergeLayers(below));
  return objectLayer(tree, { label: '--set' });
}
