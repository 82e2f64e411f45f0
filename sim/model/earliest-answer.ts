/** Of the answers that a producer waits for, which comes first. */
import type { ProducerCore } from '../../src/producer/core.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';

const { R_INTS, R_NEXT } = REQUEST;
const NONE = -1;

/** Its request, −1 when none is in flight. The oldest of several at one time. */
export function earliestAnswer(
  core: ProducerCore,
  answers: { answerNs(request: number): number },
  producer: number,
): number {
  const { requests } = core;
  let earliest = NONE;
  for (let request = core.requestHead(producer); request !== NONE; request = requests.ints[request * R_INTS + R_NEXT]) {
    if (earliest === NONE || answers.answerNs(request) < answers.answerNs(earliest)) earliest = request;
  }
  return earliest;
}
