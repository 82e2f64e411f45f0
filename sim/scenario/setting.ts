/**
 * The leaves of the scenario's schema, and what is known of each: meaning, unit, default and source. The same facts
 * feed the checks, `explain`, the JSON Schema and the list of guesses, so none of them can drift from the others.
 */
import * as z from 'zod';
import { nearest } from './nearest.ts';
import { formatQuantity, type Parsed, parseQuantity, QUANTITIES, type Quantity, quantityPattern } from './units.ts';

/** What a written value looks like. */
export interface LeafInfo {
  readonly kind: string;
  /** Unit of the value once it is resolved; empty for names and choices. */
  readonly unit: string;
  readonly expected: string;
  readonly examples: readonly (string | number | boolean)[];
  /** What JSON Schema says of it. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly choices?: readonly string[];
}

/** What a setting means. */
export interface SettingInfo {
  readonly meaning: string;
  /** `T15`, `AK`, a measurement, or `guess: what is not known`. It speaks for the default. */
  readonly source: string;
  /** In written form; absent when there is none. */
  readonly default?: unknown;
  /** A group that takes what it does not state from the group of this path, not from its own defaults. */
  readonly inheritsFrom?: string;
  /** The setting counts only while its neighbour `key` is `is`: a guess that nothing uses is not reported. */
  readonly onlyIf?: { readonly key: string; readonly is: string };
}

export const leafInfo = z.registry<LeafInfo>();
export const settingInfo = z.registry<SettingInfo>();

/** A leaf of the schema: reads a written `In`, yields a resolved `Out`. */
function leaf<In, Out>(info: LeafInfo, parse: (given: unknown) => Parsed<Out>) {
  const schema = z.custom<In>().transform((given, context): Out => {
    const parsed = parse(given);
    if ('value' in parsed) return parsed.value;
    const hint = typeof given === 'string' && info.choices ? nearest(given, info.choices) : undefined;
    context.issues.push({
      code: 'custom',
      input: given,
      params: { expected: parsed.expected, nearest: hint },
    });
    return z.NEVER;
  });
  leafInfo.add(schema, info);
  return schema;
}

export interface QuantityBounds {
  /** Smallest value, in the resolved unit. Default 0. */
  readonly min?: number;
  /** Largest value, in the resolved unit. Default none. */
  readonly max?: number;
  /** A word that stands for a bound that never bites, and the value it resolves to. */
  readonly word?: { readonly text: string; readonly value: number };
}

/**
 * What `never` resolves to: 52 days in ns. Half of what is exact, so that a time plus `never` is still exact.
 */
export const NEVER_NS = 4_503_599_627_370_496;
export const NEVER = { text: 'never', value: NEVER_NS } as const;
/** What `unlimited` resolves to: the largest exact integer. JSON has no infinity. */
export const UNLIMITED = { text: 'unlimited', value: Number.MAX_SAFE_INTEGER } as const;

export function quantity(kind: Quantity, { min = 0, max = Infinity, word }: QuantityBounds = {}) {
  const { noun, unit, examples } = QUANTITIES[kind];
  const orWord = word === undefined ? '' : ` or ${word.text}`;
  const pattern = quantityPattern(kind);
  const info: LeafInfo = {
    kind,
    unit,
    expected: `${noun}${orWord}, such as ${examples[0]}`,
    examples: word === undefined ? examples : [...examples, word.text],
    json: { type: 'string', pattern: word === undefined ? pattern : `${pattern}|^${word.text}$` },
  };
  return leaf<string, number>(info, (given) => {
    if (word !== undefined && given === word.text) return { value: word.value };
    const parsed = parseQuantity(kind, given);
    if (!('value' in parsed)) return parsed;
    if (parsed.value < min)
      return { expected: min <= 1e-9 || min === 1 ? `${noun} above 0` : `${noun}, at least ${min} ${unit}` };
    if (parsed.value > max) {
      return { expected: `${noun}, at most ${formatQuantity(kind, max)}` };
    }
    return parsed;
  });
}

export const duration = (bounds?: QuantityBounds) => quantity('duration', bounds);
export const cost = (bounds?: QuantityBounds) => quantity('cost', bounds);
export const bytes = (bounds?: QuantityBounds) => quantity('bytes', bounds);
export const byteRate = (bounds?: QuantityBounds) => quantity('byteRate', bounds);
export const recordRate = (bounds?: QuantityBounds) => quantity('recordRate', bounds);
export const share = (bounds?: QuantityBounds) => quantity('share', { max: 1, ...bounds });

/** A whole number without a unit. */
export function count({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  const expected = `a whole number, ${range}`;
  const json = { type: 'integer', minimum: min, ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }) };
  return leaf<number, number>(
    { kind: 'count', unit: 'count', expected, examples: [Math.max(min, 3)], json },
    (given) =>
      Number.isSafeInteger(given) && (given as number) >= min && (given as number) <= max
        ? { value: given as number }
        : { expected },
  );
}

/** A number without a unit: an exponent, a factor. */
export function factor({ min = 0, max = Number.MAX_VALUE }: { min?: number; max?: number } = {}) {
  const expected = `a number, ${max === Number.MAX_VALUE ? `${min} or more` : `${min} to ${max}`}`;
  const json = { type: 'number', minimum: min, ...(max === Number.MAX_VALUE ? {} : { maximum: max }) };
  return leaf<number, number>({ kind: 'number', unit: '', expected, examples: [Math.max(min, 1)], json }, (given) =>
    typeof given === 'number' && Number.isFinite(given) && given >= min && given <= max
      ? { value: given }
      : { expected },
  );
}

export function flag() {
  const expected = 'true or false';
  const json = { type: 'boolean' };
  return leaf<boolean, boolean>({ kind: 'flag', unit: '', expected, examples: [true], json }, (given) =>
    typeof given === 'boolean' ? { value: given } : { expected },
  );
}

export function text(expected: string, { example = '', pattern }: { example?: string; pattern?: RegExp } = {}) {
  const json = { type: 'string', ...(pattern ? { pattern: pattern.source } : {}) };
  return leaf<string, string>({ kind: 'text', unit: '', expected, examples: [example], json }, (given) =>
    typeof given === 'string' && (pattern === undefined || pattern.test(given)) ? { value: given } : { expected },
  );
}

/** One of a few words. Numbers that YAML makes of a word (`0.9`) are read as the word. */
export function choice<const C extends readonly string[]>(choices: C) {
  const expected = `one of ${choices.join(', ')}`;
  const json = { enum: choices };
  return leaf<C[number], C[number]>(
    { kind: 'choice', unit: '', expected, examples: choices, json, choices },
    (given) => {
      const word = typeof given === 'number' ? String(given) : given;
      return choices.includes(word as C[number]) ? { value: word as C[number] } : { expected };
    },
  );
}

/** How much of something is allowed: a whole number of records, or a text with one of the units. */
export function bound(kinds: readonly Quantity[]) {
  const expected = `a number of records, or ${kinds.map((kind) => `${QUANTITIES[kind].noun} (${QUANTITIES[kind].examples[0]})`).join(', or ')}`;
  const json = {
    anyOf: [{ type: 'integer', minimum: 0 }, ...kinds.map((k) => ({ type: 'string', pattern: quantityPattern(k) }))],
  };
  type Bound = { readonly kind: 'records' | Quantity; readonly value: number };
  return leaf<number | string, Bound>({ kind: 'bound', unit: '', expected, examples: [0], json }, (given) => {
    if (typeof given === 'number') {
      return Number.isSafeInteger(given) && given >= 0 ? { value: { kind: 'records', value: given } } : { expected };
    }
    for (const kind of kinds) {
      const parsed = parseQuantity(kind, given);
      if ('value' in parsed) return { value: { kind, value: parsed.value } };
    }
    return { expected };
  });
}

/** A setting with a default: leaf, then what it means, where the default comes from and the default as written. */
export function setting<T extends z.ZodType>(
  schema: T,
  meaning: string,
  source: string,
  value: z.input<T>,
  more: Pick<SettingInfo, 'onlyIf'> = {},
): z.ZodPrefault<T> {
  const withDefault = schema.prefault(value as never) as z.ZodPrefault<T>;
  settingInfo.add(withDefault, { meaning, source, default: value, ...more });
  return withDefault;
}

/** A setting that the scenario must state. */
export function required<T extends z.ZodType>(schema: T, meaning: string): T {
  settingInfo.add(schema, { meaning, source: 'the scenario states it' });
  return schema;
}

/** A setting that may be left out; `otherwise` says what then holds. */
export function optional<T extends z.ZodType>(schema: T, meaning: string, otherwise: string): z.ZodOptional<T> {
  const maybe = schema.optional() as z.ZodOptional<T>;
  settingInfo.add(maybe, { meaning, source: `without it: ${otherwise}` });
  return maybe;
}

/** A group of settings. */
export function group<T extends z.ZodType>(schema: T, meaning: string, more: { inheritsFrom?: string } = {}): T {
  settingInfo.add(schema, { meaning, source: '', ...more });
  return schema;
}
