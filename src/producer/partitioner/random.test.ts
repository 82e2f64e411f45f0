import { describe, expect, it } from 'vitest';
import { random } from './random.ts';
import { StreamFixture, viewOf } from './stream.fixture.ts';

describe('random', () => {
  it('is uniform over the partitions with a leader: chi² of 20,000 draws over 10', () => {
    const world = new StreamFixture(random()(), viewOf(-1, 0, 1, 2, 3, -1, 4, 5, 6, 7, 8, 9, -1));
    const counts = new Int32Array(13);
    for (let i = 0; i < 20_000; i++) counts[world.append()]++;
    let chi2 = 0;
    for (const [partition, count] of counts.entries()) {
      if (world.view.leaders[partition] < 0) expect(count).toBe(0);
      else chi2 += (count - 2_000) ** 2 / 2_000;
    }
    expect(chi2).toBeLessThan(27.9); // 9 degrees of freedom, p = 0.001
    expect(chi2).toBeGreaterThan(0.97); // evenness itself would be suspicious
  });

  it('pairs of consecutive draws are uniform too', () => {
    const world = new StreamFixture(random()(), viewOf(0, 1, 2, 3));
    const pairs = new Int32Array(16);
    let before = world.append();
    for (let i = 0; i < 16_000; i++) {
      const next = world.append();
      pairs[before * 4 + next]++;
      before = next;
    }
    let chi2 = 0;
    for (const count of pairs) chi2 += (count - 1_000) ** 2 / 1_000;
    expect(chi2).toBeLessThan(37.7); // 15 degrees of freedom, p = 0.001
  });

  it('streams of different identity draw differently', () => {
    const view = viewOf(0, 1, 2, 3, 4, 5, 6, 7);
    const partitioner = random()();
    const worlds = [1, 2].map((identity) => new StreamFixture(partitioner, view, { stream: identity, identity }));
    let same = 0;
    for (let i = 0; i < 8_000; i++) if (worlds[0].append() === worlds[1].append()) same++;
    expect(Math.abs(same - 1_000)).toBeLessThan(120); // four standard deviations
  });
});
