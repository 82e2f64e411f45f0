import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { scenarioJsonSchema } from './json-schema.ts';
import { presetNamed, presetNames } from './presets.ts';
import { scenarioTemplate } from './template.ts';
import { tiny } from './tiny.fixture.ts';

const schema = scenarioJsonSchema();
const validator = z.fromJSONSchema(schema as never);
const takes = (written: unknown): boolean => validator.safeParse(written).success;

describe('the JSON Schema', () => {
  it('takes what the real check takes', () => {
    for (const name of presetNames()) expect(takes(presetNamed(name)), name).toBe(true);
    expect(takes(parse(scenarioTemplate()))).toBe(true);
    expect(takes({ extends: 'laptop', sinks: { kafka: null } })).toBe(true);
    expect(takes({ extends: 'laptop', traffic: { shape: { kind: 'trace', gaps: null } } })).toBe(true);
    expect(takes({ extends: 'laptop', traffic: { rate: null } })).toBe(false);
  });

  it('refuses unknown keys, missing units and unknown kinds', () => {
    expect(takes({ ...tiny, run: { fro: '1s' } })).toBe(false);
    expect(takes({ ...tiny, run: { for: 10 } })).toBe(false);
    expect(takes({ ...tiny, run: { for: '10' } })).toBe(false);
    expect(takes({ ...tiny, traffic: { shape: { kind: 'wavy' } } })).toBe(false);
    expect(takes({ ...tiny, seed: -1 })).toBe(false);
  });

  it('describes settings to editors, with default, source, pattern and examples', () => {
    const text = JSON.stringify(schema);
    expect(text).toContain('How long a batch waits for more records. Default: \\"5ms\\". Source: AK linger.ms');
    expect(text).toContain('"examples":["250ms","100us","8h"]');
  });
});
