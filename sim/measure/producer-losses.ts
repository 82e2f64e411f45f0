/** What the books say that producers lost, by topic. */
import { DROP_CAUSES } from '../../src/record.ts';
import type { ProducerBooks } from '../model/producer-books.ts';

export interface ProducerLosses {
  /** Never handed to the network. */
  readonly dropped: number;
  /** Dropped, or ended and in no log. */
  readonly lost: number;
  /** Given up without an answer, though a log has it: producers take it for lost, too. */
  readonly unknownStored: number;
  /** Of those lost: producers take them for delivered. */
  readonly unnoticed: number;
}

export function producerLossesOf(
  {
    drops,
    unknown,
    unknownStored,
    unnoticed,
  }: Pick<ProducerBooks, 'drops' | 'unknown' | 'unknownStored' | 'unnoticed'>,
  topic: number,
): ProducerLosses {
  let dropped = 0;
  for (let cause = 0; cause < DROP_CAUSES.length; cause++) dropped += drops[topic * DROP_CAUSES.length + cause];
  const lost = dropped + unknown[topic];
  return { dropped, lost, unknownStored: unknownStored[topic], unnoticed: unnoticed[topic] };
}
