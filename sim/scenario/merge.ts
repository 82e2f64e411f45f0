/** Laying one written scenario over another. */
import type { PathStep } from './issue.ts';

export type Tree = { [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maps from names to things, in which `null` removes what was inherited. */
const MAPS_OF_NAMES = ['regions', 'clusters', 'sinks', 'topics.named', 'topics.classes', 'topics.routes', 'guesses'];

export interface MergeRules {
  /** Hears of a `null` that removes a named thing which is not there, with the names that are. */
  readonly onMissing?: (path: PathStep[], names: string[]) => void;
  /** Whether the setting at a path of `base` may be left out. Default: none may. */
  readonly isOptional?: (path: PathStep[]) => boolean;
}

/**
 * Lays `over` on `base`; neither is changed. Maps merge key by key, everything else (lists too) is replaced, and a
 * thing whose `kind` changes starts anew, since settings of one kind mean nothing to another. `null` removes a named
 * thing, and an inherited setting that may be left out.
 */
export function merge(base: Tree, over: Tree, rules: MergeRules = {}): Tree {
  return mergeAt(base, over, [], rules);
}

function mergeAt(base: Tree, over: Tree, path: PathStep[], rules: MergeRules): Tree {
  if (over.kind !== undefined && base.kind !== undefined && over.kind !== base.kind) return { ...over };
  const removable = MAPS_OF_NAMES.includes(path.join('.'));
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    // A key such as __proto__ must stay an (unknown) key of its own.
    if (key === '__proto__') continue;
    const below = [...path, key];
    if (value === null && removable) {
      if (!Object.hasOwn(merged, key)) rules.onMissing?.(below, Object.keys(base));
      delete merged[key];
    } else if (value === null && Object.hasOwn(merged, key) && rules.isOptional?.(below)) {
      // Where nothing is inherited, null stays and is refused: in YAML it's what a forgotten value reads as.
      delete merged[key];
    } else if (isTree(value)) {
      const inherited = merged[key];
      merged[key] = mergeAt(isTree(inherited) ? inherited : {}, value, below, rules);
    } else if (value !== undefined) {
      merged[key] = value;
    }
  }
  return merged;
}

/** The value at a path, or undefined. */
export function valueAt(tree: unknown, path: readonly PathStep[]): unknown {
  let at = tree;
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else if (isTree(at) && Object.hasOwn(at, String(step))) at = at[String(step)];
    else return undefined;
  }
  return at;
}

/** A tree that states only this value at this path. List steps need the list that they change: `within`. */
export function treeOf(path: readonly PathStep[], value: unknown, within: unknown): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return value as Tree;
  const inner = valueAt(within, [step]);
  if (typeof step === 'number' && Array.isArray(within)) {
    return within.map((item, i) => {
      if (i !== step) return item;
      return rest.length === 0 ? value : merge(item as Tree, treeOf(rest, value, item));
    }) as unknown as Tree;
  }
  return { [String(step)]: rest.length === 0 ? value : treeOf(rest, value, inner) };
}
