/** JSON Schema of the written form, for editors that complete and check YAML. */
import * as z from 'zod';
import { isNameMap } from './schema-walk.ts';
import { leafInfo, settingInfo } from './setting.ts';
import { writtenSchema } from './written.ts';

/**
 * Draft 2020-12. Looser than the real check, since what a file does not say it may inherit: nothing is required, and what
 * may be removed may be null: named things, and settings that may be left out.
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(writtenSchema, { io: 'input', unrepresentable: 'any', reused: 'ref', override });
  return { ...schema, title: 'spillway scenario' };
}

function override({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const leaf = leafInfo.get(zodSchema as z.ZodType);
  if (leaf !== undefined) {
    const examples = leaf.examples.filter((example) => example !== '');
    Object.assign(jsonSchema, leaf.json, examples.length > 0 ? { examples } : {});
  }
  const setting = settingInfo.get(zodSchema as z.ZodType);
  if (setting !== undefined && setting.meaning !== '') {
    const source = setting.source === '' ? '' : ` Source: ${setting.source}.`;
    const byDefault = setting.default === undefined ? '' : ` Default: ${JSON.stringify(setting.default)}.`;
    jsonSchema.description = setting.meaning + byDefault + source;
  }
  delete jsonSchema.required;
  // Without its kind, which may be inherited, a thing can fit several.
  if (jsonSchema.oneOf !== undefined) {
    jsonSchema.anyOf = jsonSchema.oneOf;
    delete jsonSchema.oneOf;
  }
  if (zodSchema instanceof z.ZodRecord && isNameMap(zodSchema) && typeof jsonSchema.additionalProperties === 'object') {
    jsonSchema.additionalProperties = { anyOf: [jsonSchema.additionalProperties, { type: 'null' }] };
  }
  if (zodSchema instanceof z.ZodObject) {
    for (const [key, property] of Object.entries(jsonSchema.properties ?? {})) {
      if (!(zodSchema.shape[key] instanceof z.ZodOptional) || key === 'extends') continue;
      jsonSchema.properties![key] = { anyOf: [property as z.core.JSONSchema.BaseSchema, { type: 'null' }] };
    }
  }
}
