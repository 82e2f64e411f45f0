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

  it('has a row for each topic, however many there are', () => {
    const book = new ProducerBook();
    for (let i = 0; i < 20; i++) {
      expect(book.addRow(`topic ${i}`, i % 3)).toBe(i);
      for (let n = 0; n <= i; n++) book.offered(i);
    }
    const { lines, offered } = book.receipt([]);
    expect(lines.map((line) => [line.topic, line.class, line.offered])).toEqual(
      Array.from({ length: 20 }, (_, i) => [`topic ${i}`, CLASSES[i % 3], i + 1]),
    );
    expect(offered).toBe(210);
  });

  it('counts what is spilled, and balances only when the spill has as much', () => {
    const book = new ProducerBook();
    book.addRow('t', 1);
    for (let i = 0; i < 3; i++) book.offered(0);
    book.spilled(0, 3);
    book.spilled(0, -1);
    book.delivered(0, 1);
    book.replayed(0);
    expect(book.receipt([1], 2)).toMatchObject({ offered: 4, spilled: 2, delivered: 1, replayed: 1, balanced: true });
    expect(book.receipt([1], 3).balanced).toBe(false);
    expect(book.receipt([1]).balanced).toBe(false);
  });

  it('can be read as it stands: what is buffered is what nothing else accounts for', () => {
    const book = new ProducerBook();
    book.addRow('quiet', 0);
    book.addRow('a', 0);
    book.addRow('b', 2);
    for (let i = 0; i < 9; i++) book.offered(1);
    for (let i = 0; i < 4; i++) book.replayed(2);
    book.delivered(1, 2);
    book.unknown(1, 1);
    book.spilled(1, 1);
    book.dropped(1, 2, 0);
    book.dropped(1, 1, DROP_CAUSES.length - 1);
    const { total, lines } = book.standing();
    const dropped = { [DROP_CAUSES[0]]: 2, [DROP_CAUSES[DROP_CAUSES.length - 1]]: 1 };
    const a = { offered: 9, delivered: 2, dropped, unknown: 1, buffered: 2, spilled: 1, replayed: 0 };
    const none = { delivered: 0, dropped: {}, unknown: 0, spilled: 0 };
    expect(lines).toEqual([
      { topic: 'a', class: 'low', ...a },
      { topic: 'b', class: 'high', ...none, offered: 4, buffered: 4, replayed: 4 },
    ]);
    expect(total).toEqual({ ...a, offered: 13, buffered: 6, replayed: 4 });
    for (const each of [total, total.dropped, lines, lines[0]]) expect(Object.isFrozen(each)).toBe(true);
  });
});
