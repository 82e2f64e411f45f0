import { describe, expect, it } from 'vitest';
import { resolveScenario } from './resolve.ts';
import { tiny } from './tiny.fixture.ts';

const scenario = (run: object, window: string) =>
  resolveScenario({ ...tiny, run: { ...tiny.run, ...run }, audit: { cluster: 'normal', window } });

describe('auditors', () => {
  it('are refused where they would keep more windows than memory has room for; the window that is told will do', () => {
    expect(scenario({ for: '1h' }, '1s').audit!.windowNs).toBe(1e9);
    let message = '';
    try {
      scenario({ for: '30d' }, '10ms');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/audit\.window: "?10ms.*at least/);
    const least = /at least (\w+) in/.exec(message)![1]!;
    expect(scenario({ for: '30d' }, least).audit).toBeDefined();
  });
});
