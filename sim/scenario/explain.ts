/** What a setting means: for people, and for `spillway explain`. */
import type * as z from 'zod';
import { guessIn } from './guesses.ts';
import { formatPath, type PathStep, parsePath, ScenarioError, show } from './issue.ts';
import { merge, type Tree, valueAt } from './merge.ts';
import { nearest } from './nearest.ts';
import { presetNamed, presetNames } from './presets.ts';
import { PROFILES } from './profile.ts';
import { childOf, discriminatorOf, isNameMap, keysAt, kindOf, objectsAt, type Spot, spotOf } from './schema-walk.ts';
import { writtenSchema } from './written.ts';

export interface Explanation {
  readonly path: string;
  readonly meaning: string;
  /** What may be written: `a duration with its unit, such as 250ms`. Absent for groups. */
  readonly expected?: string;
  /** Unit of the resolved value. */
  readonly unit?: string;
  /** As written. */
  readonly default?: string;
  readonly source?: string;
  /** What is not known of the default, when it is a guess. */
  readonly guess?: string;
  /** Where the default comes from a group that others share: `broker`, `log`, `router`. */
  readonly inheritsFrom?: string;
  /** Defaults of Kafka profiles that differ. */
  readonly profiles: readonly { readonly profile: string; readonly value: string }[];
  /** What presets set it to, and what they say is a guess about it. */
  readonly presets: readonly { readonly preset: string; readonly value: string; readonly guess?: string }[];
  /** Paths of the settings in a group. */
  readonly settings: readonly string[];
}

/**
 * Explains a path: `producers.policy.linger`, `sinks.s3.file`. The names of things may be left out (`sinks.file`).
 * Throws a `ScenarioError` with the nearest key when there is no such setting; an empty path explains the whole.
 */
export function explain(path: string): Explanation {
  const steps = parsePath(path);
  const spot = spotOf(schemaAt(steps));
  const { leaf } = spot;
  // A share of one class is explained by the group of all of them.
  const setting = spot.setting ?? spotOf(schemaAt(steps.slice(0, -1))).setting;
  const guess = setting === undefined ? undefined : guessIn(setting.source);
  return {
    path: formatPath(steps),
    meaning: setting?.meaning ?? '',
    ...(leaf === undefined ? {} : { expected: leaf.expected }),
    ...(leaf === undefined || leaf.unit === '' ? {} : { unit: leaf.unit }),
    ...(setting?.default === undefined ? {} : { default: written(setting.default) }),
    ...(setting === undefined || setting.source === '' ? {} : { source: setting.source }),
    ...(guess === undefined ? {} : { guess }),
    ...(setting?.inheritsFrom === undefined ? {} : { inheritsFrom: setting.inheritsFrom }),
    profiles: Object.entries(PROFILES).flatMap(([profile, tree]) => {
      const value = valueAt(tree, steps);
      return value === undefined || leaf === undefined ? [] : [{ profile, value: written(value) }];
    }),
    presets: leaf === undefined ? [] : inPresets(steps),
    settings: below(spot, steps),
  };
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function inPresets(steps: readonly PathStep[]): Explanation['presets'] {
  return presetNames().flatMap((preset) => {
    const tree = merge({}, presetNamed(preset) as Tree);
    const value = valueAt(tree, steps);
    if (value === undefined) return [];
    const guess = valueAt(tree, ['guesses', formatPath(steps)]);
    return [{ preset, value: written(value), ...(typeof guess === 'string' ? { guess } : {}) }];
  });
}

function below({ schema }: Spot, steps: readonly PathStep[]): string[] {
  const inner = elementOf(schema) ?? schema;
  return (keysAt(inner) ?? []).map((key) => formatPath([...steps, key]));
}

/** The schema that a person's path leads to: names of things may be left out, and kinds are not known. */
function schemaAt(steps: readonly PathStep[]): z.core.$ZodType {
  let schema: z.core.$ZodType = writtenSchema;
  steps.forEach((step, i) => {
    const next = stepInto(schema, step, steps.slice(i + 1));
    if (next === undefined) throw unknown(schema, steps, i);
    schema = next;
  });
  return schema;
}

function stepInto(schema: z.core.$ZodType, step: PathStep, rest: readonly PathStep[]): z.core.$ZodType | undefined {
  const element = elementOf(schema);
  if (element === undefined) return within(schema, step, rest);
  // A key of what the map holds, unless it is the name of a thing: then the key comes after it.
  return within(element, step, rest) ?? (isNameMap(schema) || typeof step === 'number' ? element : undefined);
}

/** Several kinds may have a key; the kind's own word picks one (`sinks.s3.router`), else the first that leads on. */
function within(schema: z.core.$ZodType, step: PathStep, rest: readonly PathStep[]): z.core.$ZodType | undefined {
  const options = objectsAt(schema).filter((object) => Object.hasOwn(object.shape, String(step)));
  const children = options.map((object) => object.shape[String(step)] as z.core.$ZodType);
  const leading = children.find(
    (child) => rest[0] === undefined || stepInto(child, rest[0], rest.slice(1)) !== undefined,
  );
  return (
    leading ?? children[0] ?? (discriminatorOf(schema) === undefined ? childOf(schema, step) : ofKind(schema, step))
  );
}

function ofKind(schema: z.core.$ZodType, step: PathStep): z.core.$ZodType | undefined {
  const key = discriminatorOf(schema)!;
  return objectsAt(schema).find((object) => kindOf(object, key) === step);
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  return isNameMap(schema) ? childOf(schema, 'name') : childOf(schema, 0);
}

function unknown(schema: z.core.$ZodType, steps: readonly PathStep[], i: number): ScenarioError {
  const keys = keysAt(elementOf(schema) ?? schema) ?? [];
  const hint = nearest(String(steps[i]), keys);
  const given = `unknown setting ${show(String(steps[i]))}`;
  const expected = keys.length === 0 ? 'nothing below it' : `one of ${keys.join(', ')}`;
  return new ScenarioError([
    { path: formatPath(steps.slice(0, i + 1)), given, expected, ...(hint ? { nearest: hint } : {}) },
  ]);
}
