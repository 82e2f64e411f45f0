/** Finding one's way in the schema: from a path to the schema of what stands there, and what is known of it. */
import * as z from 'zod';
import type { PathStep } from './issue.ts';
import { isTree } from './merge.ts';
import { type LeafInfo, leafInfo, type SettingInfo, settingInfo } from './setting.ts';

export interface Spot {
  readonly schema: z.core.$ZodType;
  readonly setting: SettingInfo | undefined;
  readonly leaf: LeafInfo | undefined;
}

/** Takes off defaults and optionality; keeps the outermost facts met on the way. */
export function spotOf(schema: z.core.$ZodType): Spot {
  let spot = spots.get(schema);
  if (spot === undefined) {
    spot = findSpot(schema);
    spots.set(schema, spot);
  }
  return spot;
}

/** Schemas don't change, and each is asked for with every scenario. */
const spots = new WeakMap<z.core.$ZodType, Spot>();

function findSpot(schema: z.core.$ZodType): Spot {
  let setting: SettingInfo | undefined;
  let at = schema;
  for (;;) {
    setting ??= settingInfo.get(at as z.ZodType);
    const leaf = leafInfo.get(at as z.ZodType);
    if (leaf !== undefined) return { schema: at, setting, leaf };
    if (at instanceof z.ZodPrefault || at instanceof z.ZodDefault || at instanceof z.ZodOptional) at = at.def.innerType;
    else return { schema: at, setting, leaf: undefined };
  }
}

/** The objects that a value here may be: one, or those of a union, by `kind` (or `metric`) if the value tells it. */
export function objectsAt(schema: z.core.$ZodType, value?: unknown): z.ZodObject[] {
  const at = spotOf(schema).schema;
  if (at instanceof z.ZodObject) return [at];
  if (!(at instanceof z.ZodDiscriminatedUnion)) return [];
  const options = at.options as z.ZodObject[];
  const { discriminator } = at.def;
  const told = isTree(value) ? value[discriminator] : undefined;
  const fitting = options.filter((option) => kindOf(option, discriminator) === told);
  return fitting.length > 0 ? fitting : options;
}

/** The word that an option of a union answers to. */
export function kindOf(option: z.ZodObject, discriminator: string): string {
  const literal = option.shape[discriminator] as z.ZodLiteral<string>;
  return literal.value;
}

/** Name of the key that tells the options of a union here apart, if there is a union here. */
export function discriminatorOf(schema: z.core.$ZodType): string | undefined {
  const at = spotOf(schema).schema;
  return at instanceof z.ZodDiscriminatedUnion ? at.def.discriminator : undefined;
}

/** The keys that may stand here, or undefined where any name may. */
export function keysAt(schema: z.core.$ZodType, value?: unknown): string[] | undefined {
  const at = spotOf(schema).schema;
  if (at instanceof z.ZodRecord) return at.keyType instanceof z.ZodEnum ? (at.keyType.options as string[]) : undefined;
  return [...new Set(objectsAt(schema, value).flatMap((object) => Object.keys(object.shape)))];
}

/** What lies one step below, or undefined. `value` is the written value here, which may tell the kind. */
export function childOf(schema: z.core.$ZodType, step: PathStep, value?: unknown): z.core.$ZodType | undefined {
  const at = spotOf(schema).schema;
  if (at instanceof z.ZodRecord) {
    const keys = keysAt(schema);
    return keys === undefined || keys.includes(String(step)) ? at.valueType : undefined;
  }
  if (at instanceof z.ZodArray) return typeof step === 'number' ? at.element : undefined;
  for (const object of objectsAt(schema, value)) {
    if (Object.hasOwn(object.shape, String(step))) return object.shape[String(step)] as z.core.$ZodType;
  }
  return undefined;
}

/** Whether a written scenario may leave out what lies at a path below `schema`. False where nothing can lie. */
export function isOptionalAt(schema: z.core.$ZodType, path: readonly PathStep[], written: unknown): boolean {
  let at = schema;
  let value = written;
  for (const step of path) {
    const below = childOf(at, step, value);
    if (below === undefined) return false;
    at = below;
    value = isTree(value) ? value[String(step)] : undefined;
  }
  return at instanceof z.ZodOptional;
}

/** True for maps from free names to things: `clusters`, `sinks`. */
export function isNameMap(schema: z.core.$ZodType): boolean {
  return spotOf(schema).schema instanceof z.ZodRecord && keysAt(schema) === undefined;
}
