import { randomFillSync } from 'node:crypto';

/** Unsigned 32-bit integers from the system's generator, drawn a page at a time: one call costs more than the draw. */
export function randomWords(): () => number {
  const words = new Uint32Array(1024);
  let at = words.length;
  return () => {
    if (at === words.length) {
      randomFillSync(words);
      at = 0;
    }
    return words[at++];
  };
}
