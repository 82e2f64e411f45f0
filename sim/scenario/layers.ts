/** What a scenario is made of: the chain of `extends`, and what the command line says on top. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, resolve } from 'node:path';
import { type PathStep, parsePath, ScenarioError, show } from './issue.ts';
import { isTree, merge, type Tree, treeOf, valueAt } from './merge.ts';
import { nearest } from './nearest.ts';
import { presetNamed, presetNames } from './presets.ts';
import { isOptionalAt } from './schema-walk.ts';
import { writtenSchema } from './written.ts';
import { type Place, parseYaml } from './yaml-source.ts';

/** One written scenario of the chain. */
export interface Layer {
  /** How errors call it: a file's path, `preset keystone-2015`, `--set`; empty for a scenario handed in as an object. */
  readonly label: string;
  readonly tree: Tree;
  /** What its relative paths start from. */
  readonly directory: string;
  readonly placeOf?: (path: readonly PathStep[]) => Place | undefined;
}

/** A layer from an object in written form. */
export function objectLayer(tree: unknown, { label = '', directory = '.' } = {}): Layer {
  if (!isTree(tree)) throw new ScenarioError([{ path: '', given: show(tree), expected: 'a map of settings' }]);
  return { label, tree: withTracePath(tree, directory), directory };
}

/** A layer from the name of a preset or of a YAML file; neither throws a `ScenarioError`. */
export function namedLayer(nameOrFile: string, directory: string): Layer {
  const preset = presetNamed(nameOrFile);
  if (preset !== undefined) return objectLayer(preset, { label: `preset ${nameOrFile}` });
  const file = isAbsolute(nameOrFile) || directory === '.' ? nameOrFile : resolve(directory, nameOrFile);
  const looksLikeFile = /[/\\]|\.ya?ml$/i.test(nameOrFile);
  if (!looksLikeFile && !isFile(file)) {
    const hint = nearest(nameOrFile, presetNames());
    const expected = `one of the presets ${presetNames().join(', ')}, or a YAML file`;
    throw new ScenarioError([
      {
        path: '',
        given: `unknown preset ${show(nameOrFile)}`,
        expected,
        ...(hint === undefined ? {} : { nearest: hint }),
      },
    ]);
  }
  return fileLayer(file);
}

function fileLayer(file: string): Layer {
  if (!isFile(file)) {
    const given = existsSync(file) ? 'not a file' : 'no such file';
    throw new ScenarioError([{ path: '', file, given, expected: 'a scenario in YAML' }]);
  }
  const { tree, placeOf } = parseYaml(readFileSync(file, 'utf8'), file);
  const directory = dirname(resolve(file));
  // A file that says no name is called by its own, not by that of the preset that it changes.
  const name = basename(file, extname(file));
  return { label: file, tree: { name, ...withTracePath(tree, directory) }, directory, placeOf };
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** A trace's path belongs to the layer that names it, so it is made whole before layers are merged. */
function withTracePath(tree: Tree, directory: string): Tree {
  const path = ['traffic', 'shape', 'file'];
  const file = valueAt(tree, path);
  if (directory === '.' || typeof file !== 'string' || isAbsolute(file)) return tree;
  return merge(tree, treeOf(path, resolve(directory, file), tree));
}

/** The chain of `extends` that ends with this layer, what everything rests on first. A cycle throws. */
export function chainOf(top: Layer): Layer[] {
  const chain = [top];
  for (let layer = top; layer.tree.extends !== undefined; ) {
    const { extends: parent } = layer.tree;
    const at = { path: 'extends', ...whereIs(layer, ['extends']) };
    if (typeof parent !== 'string')
      throw new ScenarioError([{ ...at, given: show(parent), expected: 'a preset or a file' }]);
    let next: Layer;
    try {
      next = namedLayer(parent, layer.directory);
    } catch (error) {
      // The parent's own faults keep their place; that it is not there is the fault of who names it.
      if (error instanceof ScenarioError && error.issues.every((issue) => issue.line === undefined)) {
        throw new ScenarioError(error.issues.map((issue) => ({ ...issue, ...at })));
      }
      throw error;
    }
    if (chain.some((seen) => same(seen, next))) {
      const ring = [...chain.map(({ label }) => label), next.label].join(' → ');
      throw new ScenarioError([{ ...at, given: `a cycle, ${ring}`, expected: 'a chain that ends' }]);
    }
    chain.push(next);
    layer = next;
  }
  return chain.reverse();
}

function same(a: Layer, b: Layer): boolean {
  if (a.placeOf === undefined || b.placeOf === undefined) return a.label !== '' && a.label === b.label;
  return resolve(a.label) === resolve(b.label);
}

/** File, line and column of a path in a layer, as far as they are known. */
export function whereIs(layer: Layer, path: readonly PathStep[]): { file?: string; line?: number; column?: number } {
  const place = layer.placeOf?.(path);
  return { ...(layer.label === '' ? {} : { file: layer.label }), ...place };
}

/** The layer that states a path last, or the nearest thing above it; the last file when none says anything of it. */
export function placeIn(
  layers: readonly Layer[],
  path: readonly PathStep[],
): { file?: string; line?: number; column?: number } {
  for (let length = path.length; length > 0; length--) {
    const above = path.slice(0, length);
    for (let i = layers.length - 1; i >= 0; i--) {
      if (valueAt(layers[i]!.tree, above) !== undefined) return whereIs(layers[i]!, above);
    }
  }
  const file = layers.findLast((layer) => layer.placeOf !== undefined);
  return file === undefined ? {} : { file: file.label };
}

/** Merges layers, base first. A guess goes when a later layer states what it was about. */
export function mergeLayers(layers: readonly Layer[]): Tree {
  let merged: Tree = {};
  for (const layer of layers) {
    const guesses = isTree(merged.guesses) ? merged.guesses : {};
    const inherited = merged;
    const onMissing = (path: PathStep[], names: string[]): never => {
      const hint = nearest(String(path.at(-1)), names);
      const issue = { path: path.join('.'), ...whereIs(layer, path), given: 'null, which removes what is not there' };
      throw new ScenarioError([
        { ...issue, expected: `one of ${names.join(', ')}`, ...(hint ? { nearest: hint } : {}) },
      ]);
    };
    const next = merge(merged, layer.tree, {
      onMissing,
      isOptional: (path) => isOptionalAt(writtenSchema, path, inherited),
    });
    const own = isTree(layer.tree.guesses) ? layer.tree.guesses : {};
    const kept = Object.entries(guesses).filter(([path]) => {
      const steps = parsePath(path);
      return valueAt(next, steps) !== undefined && !restates(valueAt(layer.tree, steps), valueAt(next, steps));
    });
    merged = isTree(next.guesses) ? { ...next, guesses: { ...Object.fromEntries(kept), ...own } } : next;
  }
  const { extends: _, ...rest } = merged;
  return rest;
}

/** Whether a layer says all that holds in the end. */
function restates(said: unknown, holds: unknown): boolean {
  if (said === undefined) return false;
  return !isTree(holds) || (isTree(said) && Object.keys(holds).every((key) => restates(said[key], holds[key])));
}
