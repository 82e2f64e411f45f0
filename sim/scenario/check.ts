/** Holding a written scenario against the schema, with errors that people can act on. */
import * as z from 'zod';
import { formatPath, type PathStep, show } from './issue.ts';
import { valueAt } from './merge.ts';
import { nearest } from './nearest.ts';
import { childOf, keysAt, spotOf } from './schema-walk.ts';
import { type ParsedScenario, writtenSchema } from './written.ts';

/** An issue before its place in a file is known. */
export interface Finding {
  readonly path: readonly PathStep[];
  readonly given: string;
  readonly expected: string;
  readonly nearest?: string | undefined;
}

export type Checked = { readonly scenario: ParsedScenario } | { readonly findings: readonly Finding[] };

/** Never throws. */
export function check(written: unknown): Checked {
  const result = writtenSchema.safeParse(written);
  if (result.success) return { scenario: result.data };
  return { findings: result.error.issues.flatMap((issue) => findingsOf(issue, written)) };
}

function findingsOf(issue: z.core.$ZodIssue, written: unknown): Finding[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const value = valueAt(written, path);
  if (issue.code === 'unrecognized_keys') {
    const keys = keysAt(schemaAt(path, written), value) ?? [];
    return issue.keys.map((key) => ({
      path: [...path, key],
      given: 'unknown key',
      expected: keys.length > 12 ? 'a key of this group' : `one of ${keys.join(', ')}`,
      nearest: nearest(key, keys),
    }));
  }
  if (issue.code === 'invalid_key') {
    const keys = keysAt(schemaAt(path.slice(0, -1), written));
    const key = String(path.at(-1));
    const expected =
      keys === undefined ? 'a name of letters, digits, - and _ that starts with a letter' : `one of ${keys.join(', ')}`;
    return [{ path, given: `the name ${show(key)}`, expected, nearest: keys && nearest(key, keys) }];
  }
  if (issue.code === 'invalid_union') {
    const options = ((issue as { options?: string[] }).options ?? []).map(String);
    const hint = typeof value === 'string' ? nearest(value, options) : undefined;
    return [{ path, given: show(value), expected: `one of ${options.join(', ')}`, nearest: hint }];
  }
  if (issue.code === 'custom') {
    const params = (issue.params ?? {}) as { expected?: string; nearest?: string };
    return [{ path, given: show(value), expected: params.expected ?? issue.message, nearest: params.nearest }];
  }
  return [{ path, given: show(value), expected: expectedAt(path, written, issue) }];
}

function expectedAt(path: readonly PathStep[], written: unknown, issue: z.core.$ZodIssue): string {
  const { leaf, schema } = spotOf(schemaAt(path, written));
  if (leaf !== undefined) return leaf.expected;
  if (schema instanceof z.ZodArray) return 'a list';
  if (schema instanceof z.ZodRecord) return 'a map from names to settings';
  if (schema instanceof z.ZodString) return 'a text';
  const keys = keysAt(schema);
  return keys !== undefined && keys.length > 0 ? `a map of settings, such as \`${keys[0]}:\`` : issue.message;
}

/** The schema at a path that zod itself has walked. */
export function schemaAt(path: readonly PathStep[], written: unknown): z.core.$ZodType {
  let schema: z.core.$ZodType = writtenSchema;
  let value = written;
  for (const step of path) {
    const below = childOf(schema, step, value);
    if (below === undefined) throw new Error(`no schema at ${formatPath(path)}`);
    schema = below;
    value = valueAt(value, [step]);
  }
  return schema;
}
