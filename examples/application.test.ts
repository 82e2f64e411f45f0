import { describe, expect, it } from 'vitest';
import { MemoryPort } from '../src/producer/memory-port.fixture.ts';
import { application } from './application.ts';

describe('the example for applications', () => {
  it('delivers, over a cluster that works', async () => {
    const said: string[] = [];
    const port = new MemoryPort();
    await application(port, (line) => said.push(line));
    expect(said).toEqual(['2 of 2 delivered; every record accounted for: true']);
    expect(port.log.map(({ topic }) => topic).sort()).toEqual(['billing.charge', 'playback.start']);
  });

  it('runs to its end without one, and says what was dropped', async () => {
    const said: string[] = [];
    const port = new MemoryPort();
    port.manner = 'down';
    await application(port, (line) => said.push(line));
    expect(said.sort()).toEqual([
      '0 of 2 delivered; every record accounted for: true',
      '1 of billing.charge dropped: closed',
      '1 of playback.start dropped: closed',
    ]);
  });
});
