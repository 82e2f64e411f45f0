import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASSES, DROP_CAUSES } from '../record.ts';
import { ProducerBook } from './receipt.ts';

describe("a producer's book", () => {
  it('balances when every record offered is in one place, and only then', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            delivered: fc.nat(50),
            unknown: fc.nat(50),
            dropped: fc.nat(50),
            cause: fc.nat(DROP_CAUSES.length - 1),
            buffered: fc.nat(50),
          }),
          { minLength: 1, maxLength: 20 },
        ),
        fc.constantFrom(-1, 0, 1),
        fc.nat(19),
        (rows, wrong, pick) => {
          const book = new ProducerBook();
          const buffered: number[] = [];
          for (const [i, row] of rows.entries()) {
            book.addRow(`topic ${i}`, i % CLASSES.length);
            const error = i === pick % rows.length ? wrong : 0;
            for (let n = row.delivered + row.unknown + row.dropped + row.buffered + error; n > 0; n--) book.offered(i);
            book.delivered(i, row.delivered);
            book.unknown(i, row.unknown);
            book.dropped(i, row.dropped, row.cause);
            buffered.push(row.buffered);
          }
          const receipt = book.receipt(buffered);
          const empty = rows[pick % rows.length];
          const nothing = empty.delivered + empty.unknown + empty.dropped + empty.buffered === 0;
          expect(receipt.balanced).toBe(wrong === 0 || (wrong === -1 && nothing));
          expect(receipt.delivered).toBe(rows.reduce((sum, row) => sum + row.delivered, 0));
          expect(receipt.buffered).toBe(rows.reduce((sum, row) => sum + row.buffered, 0));
        },
      ),
    );
  });

  it('two errors that cancel each other over the topics do not balance', () => {
    const book = new ProducerBook();
    book.addRow('a', 1);
    book.addRow('b', 1);
    book.offered(0);
    book.delivered(1, 1);
    expect(book.receipt([0, 0])).toMatchObject({ offered: 1, delivered: 1, balanced: false });
  });

  it('names causes, and leaves out what did not happen', () => {
    const book = new ProducerBook();
    book.addRow('quiet', 0);
    book.addRow('busy', 2);
    book.offered(1);
    book.dropped(1, 1, DROP_CAUSES.indexOf('evicted'));
    expect(book.receipt([]).lines).toEqual([
      {
        topic: 'busy',
        class: 'high',
        offered: 1,
        delivered: 0,
        dropped: { evicted: 1 },
        unknown: 0,
        buffered: 0,
        spilled: 0,
        replayed: 0,
      },
    ]);
  });
});
