import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { replayCommand, shellQuote } from './command.ts';

it('names the seed even if nobody gave one, and leaves out what the scenario decides', () => {
  expect(replayCommand({ source: 'keystone-2015', sets: [] }, 1)).toBe('spillway run keystone-2015 --seed 1');
});

it('repeats every override in its order', () => {
  const request = { source: 'my plan.yaml', for: '10s', fidelity: 'record', sets: ['a.b=1', "c=it's"] };
  expect(replayCommand(request, 42)).toBe(
    `spillway run 'my plan.yaml' --seed 42 --for 10s --fidelity record --set a.b=1 --set 'c=it'\\''s'`,
  );
});

it('quotes so that a shell gives the word back', () => {
  for (const word of ['plain', 'two words', "it's", '$HOME', 'a;b', '*', '"', '\\']) {
    expect(execFileSync('sh', ['-c', `printf %s ${shellQuote(word)}`]).toString()).toBe(word);
  }
});
