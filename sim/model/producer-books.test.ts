import { describe, expect, it } from 'vitest';
import { FATE_UNKNOWN } from '../../src/producer/outcome.ts';
import { ProducerBooks } from './producer-books.ts';

const OLD = 1;
const NEW = 9;

/** A batch of five that was given up and whose slot is used again: the old place has it from 100 on, the new one from `newNs` on. */
function left(newNs: number) {
  const books = new ProducerBooks(1);
  const stays = [
    { partition: OLD, offset: 0, atNs: 100 },
    { partition: NEW, offset: 0, atNs: newNs },
  ];
  books.store(0, newNs, 0);
  books.addStays(0, { n: 5, stays });
  books.ended(0, FATE_UNKNOWN);
  books.leave(0, { topic: 0, n: 5, partition: OLD, leader: 7, nowNs: 30 });
  books.freed(0, 0, 5);
  return { books, stays };
}

function inFlight(books: ProducerBooks, nowNs: number): number {
  let sum = 0;
  books.visitLeft(nowNs, (_topic, n) => {
    sum += n;
  });
  return sum;
}

describe('records that two clusters have or will have', () => {
  it('count by the append that is left, where the one that counted was undone under another leader', () => {
    const { books, stays } = left(40);
    expect(inFlight(books, 30)).toBe(5);
    stays.shift();
    books.loseLeft(50, () => false);
    // In the new place since 40: no longer under way, and not unknown.
    expect([inFlight(books, 50), books.unknown[0], books.unknownStored[0]]).toEqual([0, 0, 5]);
  });

  it('are under way until the other place has them, where the old one never will', () => {
    const { books, stays } = left(120);
    stays.shift();
    books.loseLeft(50, (partition, leader) => partition === OLD && leader === 7);
    expect([inFlight(books, 50), inFlight(books, 119), inFlight(books, 120)]).toEqual([5, 5, 0]);
    expect(books.unknown[0]).toBe(0);
  });

  it('are unknown when both appends were undone', () => {
    const { books, stays } = left(120);
    stays.length = 0;
    books.loseLeft(50, () => true);
    expect([inFlight(books, 50), books.unknown[0], books.unknownStored[0]]).toEqual([0, 5, 0]);
  });
});
