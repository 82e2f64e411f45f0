/** `spillway explain`: what a setting means, in which unit, its default, and where the figure comes from. */
import { wrap } from '../report/table.ts';
import { EXIT_OK } from './exit.ts';
import type { Io } from './io.ts';
import type { World } from './world.ts';

/** Throws ScenarioError for a path that is no setting. */
export function explainCommand(args: { readonly path: string }, { io, world }: { io: Io; world: World }): number {
  const told = world.explain(args.path);
  const lines = [told.path === '' ? 'a scenario' : told.path];
  const tell = (text: string): void => {
    lines.push(...wrap(text, io.columns, '  '));
  };
  const fact = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') tell(`${label}: ${text}`);
  };
  if (told.meaning !== '') tell(told.meaning);
  fact('write', told.expected);
  fact('default', told.default);
  fact('source', told.source);
  fact('what it leaves out is taken from', told.inheritsFrom);
  for (const { profile, value } of told.profiles) fact(`default with Kafka ${profile}`, value);
  for (const { preset, value, guess } of told.presets) {
    fact(`in ${preset}`, guess === undefined ? value : `${value} (a guess: ${guess})`);
  }
  if (told.settings.length > 0) lines.push('  settings:', ...told.settings.map((below) => `    ${below}`));
  io.out(`${lines.join('\n')}\n`);
  return EXIT_OK;
}
