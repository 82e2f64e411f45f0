import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASSIGNORS, type Assignee, rangeAssignor, roundRobinAssignor, stickyAssignor } from './assignors.ts';

/** Members that own some of the partitions, as groups of any history do. */
const group = fc
  .record({ partitions: fc.integer({ min: 0, max: 12 }), members: fc.integer({ min: 1, max: 6 }) })
  .chain(({ partitions, members }) =>
    fc
      .array(fc.integer({ min: -1, max: members - 1 }), { minLength: partitions, maxLength: partitions })
      .map((owners) => ({
        partitions,
        members: Array.from(
          { length: members },
          (_, m): Assignee => ({ owned: owners.flatMap((o, p) => (o === m ? [p] : [])) }),
        ),
      })),
  );

const kept = (members: readonly Assignee[], dealt: readonly (readonly number[])[]) =>
  members.reduce((sum, { owned }, m) => sum + owned.filter((p) => dealt[m].includes(p)).length, 0);

/** The most that any balanced assignment keeps: every choice of who has one more, tried. */
function mostKept(partitions: number, members: readonly Assignee[]): number {
  const least = Math.floor(partitions / members.length);
  const more = partitions % members.length;
  let most = 0;
  for (let chosen = 0; chosen < 1 << members.length; chosen++) {
    const bits = members.map((_, m) => (chosen >> m) & 1);
    if (bits.reduce((a, b) => a + b, 0) !== more) continue;
    most = Math.max(
      most,
      members.reduce((sum, { owned }, m) => sum + Math.min(owned.length, least + bits[m]), 0),
    );
  }
  return most;
}

describe.each(Object.values(ASSIGNORS))('the $name assignor', (assignor) => {
  it('gives each partition to exactly one member, and nobody two more than another', () => {
    fc.assert(
      fc.property(group, ({ partitions, members }) => {
        const dealt = assignor.assign(partitions, members);
        expect(dealt.length).toBe(members.length);
        expect(dealt.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p));
        const sizes = dealt.map((own) => own.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the sticky assignor', () => {
  it('moves as little as any balanced assignment could', () => {
    fc.assert(
      fc.property(group, ({ partitions, members }) => {
        expect(kept(members, stickyAssignor.assign(partitions, members))).toBe(mostKept(partitions, members));
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing of what it has dealt itself', () => {
    fc.assert(
      fc.property(group, ({ partitions, members }) => {
        const once = stickyAssignor.assign(partitions, members);
        expect(
          stickyAssignor.assign(
            partitions,
            once.map((owned) => ({ owned })),
          ),
        ).toEqual(once);
      }),
    );
  });
});

const three: Assignee[] = [{ owned: [] }, { owned: [] }, { owned: [] }];

describe('the sticky assignor, of what members have', () => {
  it('gives the first members one more where nobody has anything', () => {
    expect(stickyAssignor.assign(7, three)).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('lets a member that has too many keep the lowest, in whatever order it names them', () => {
    expect(stickyAssignor.assign(6, [{ owned: [5, 1, 3, 2] }, { owned: [4] }])).toEqual([
      [1, 2, 3],
      [0, 4, 5],
    ]);
  });

  it('deals no partition that the topic does not have any more', () => {
    expect(stickyAssignor.assign(2, [{ owned: [2, 9] }, { owned: [] }])).toEqual([[0], [1]]);
  });
});

describe('others', () => {
  it('deal stretches, or one by one', () => {
    expect(rangeAssignor.assign(7, three)).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(roundRobinAssignor.assign(7, three)).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
  });
});
