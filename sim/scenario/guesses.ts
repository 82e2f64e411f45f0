/** What a scenario rests on that nobody has measured or published. */
import * as z from 'zod';
import { isTree, type Tree } from './merge.ts';
import { objectsAt, spotOf } from './schema-walk.ts';
import { writtenSchema } from './written.ts';

export interface Guess {
  /** As `explain` takes it; defaults of named things stand without the name: `sinks.router.relaunch`. */
  readonly path: string;
  readonly note: string;
}

const MARK = 'guess: ';

/** What a source says of not knowing, if it does. */
export function guessIn(source: string): string | undefined {
  return source.startsWith(MARK) ? source.slice(MARK.length) : undefined;
}

/** First what the scenario itself calls a guess, then the defaults in use that are guesses. */
export function guessesOf(written: Tree): Guess[] {
  const stated = isTree(written.guesses) ? Object.entries(written.guesses) : [];
  const guesses = new Map(stated.map(([path, note]) => [path, String(note)]));
  walk(writtenSchema, written, '', (path, note) => {
    if (!guesses.has(path)) guesses.set(path, note);
  });
  return [...guesses].map(([path, note]) => ({ path, note }));
}

function walk(
  schema: z.core.$ZodType,
  value: unknown,
  path: string,
  found: (path: string, note: string) => void,
): void {
  // What is not there rests on nothing.
  if (value === undefined && schema instanceof z.ZodOptional) return;
  const at = spotOf(schema).schema;
  if (at instanceof z.ZodRecord || at instanceof z.ZodArray) {
    const below = at instanceof z.ZodRecord ? at.valueType : at.element;
    const items = Array.isArray(value) ? value : isTree(value) ? Object.values(value) : [];
    for (const item of items) walk(below, item, path, found);
    return;
  }
  const stated = isTree(value) ? value : {};
  for (const object of objectsAt(schema, value ?? prefaultOf(schema)).slice(0, 1)) {
    for (const [key, below] of Object.entries(object.shape)) {
      const spot = spotOf(below);
      const pathBelow = path === '' ? key : `${path}.${key}`;
      // What a thing doesn't say of its own it has from the group that is walked in its own place.
      if (spot.setting?.inheritsFrom !== undefined) continue;
      if (spot.leaf === undefined) walk(below, stated[key], pathBelow, found);
      else if (stated[key] === undefined && spot.setting !== undefined && counts(spot.setting.onlyIf, object, stated)) {
        const note = guessIn(spot.setting.source);
        if (note !== undefined) found(pathBelow, note);
      }
    }
  }
}

/** Which option of a union holds when nothing is said. */
function prefaultOf(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  return undefined;
}

function counts(onlyIf: { key: string; is: string } | undefined, object: z.ZodObject, stated: Tree): boolean {
  if (onlyIf === undefined) return true;
  const neighbour = stated[onlyIf.key] ?? spotOf(object.shape[onlyIf.key]!).setting?.default;
  return neighbour === onlyIf.is;
}
