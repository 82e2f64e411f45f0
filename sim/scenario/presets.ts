/** The scenarios that come with the package. */
import { keystone2015 } from './presets/keystone-2015.ts';
import { keystone2016 } from './presets/keystone-2016.ts';
import { laptop } from './presets/laptop.ts';
import type { ScenarioPatch, WrittenScenario } from './written.ts';

const PRESETS: readonly WrittenScenario[] = [keystone2015, keystone2016, laptop];

/** Name and one line of each preset. */
export const presets: readonly { readonly name: string; readonly summary: string }[] = PRESETS.map(
  ({ name, description = '' }) => ({ name, summary: description }),
);

export function presetNames(): string[] {
  return PRESETS.map(({ name }) => name);
}

/** The written form of a preset, or undefined. */
export function presetNamed(name: string): WrittenScenario | undefined {
  return PRESETS.find((preset) => preset.name === name);
}

/** Typed identity, for scenarios written in TypeScript: the compiler checks names and completes them. */
export function defineScenario<const T extends WrittenScenario | (ScenarioPatch & { extends: string })>(
  scenario: T,
): T {
  return scenario;
}
