/** Two observers as one: the first is told first. */
import type { Observer } from './observer.ts';

export function bothObservers(first: Observer, second: Observer | null): Observer {
  if (second === null) return first;
  return {
    offered: (offer) => {
      first.offered(offer);
      second.offered(offer);
    },
    dropped: (...told) => {
      first.dropped(...told);
      second.dropped(...told);
    },
    sent: (...told) => {
      first.sent(...told);
      second.sent(...told);
    },
    answered: (...told) => {
      first.answered(...told);
      second.answered(...told);
    },
    ended: (...told) => {
      first.ended(...told);
      second.ended(...told);
    },
    freed: (...told) => {
      first.freed(...told);
      second.freed(...told);
    },
    appended: (...told) => {
      first.appended(...told);
      second.appended(...told);
    },
    leftBehind: (...told) => {
      first.leftBehind(...told);
      second.leftBehind(...told);
    },
    truncated: (...told) => {
      first.truncated(...told);
      second.truncated(...told);
    },
    written: (...told) => {
      first.written(...told);
      second.written(...told);
    },
    delivered: (...told) => {
      first.delivered(...told);
      second.delivered(...told);
    },
    lost: (...told) => {
      first.lost(...told);
      second.lost(...told);
    },
    committed: (...told) => {
      first.committed(...told);
      second.committed(...told);
    },
    launched: (...told) => {
      first.launched(...told);
      second.launched(...told);
    },
    died: (...told) => {
      first.died(...told);
      second.died(...told);
    },
    fault: (...told) => {
      first.fault(...told);
      second.fault(...told);
    },
  };
}

/** All that are there as one, told in this order; null when nobody is. */
export function observerOf(observers: readonly (Observer | null)[]): Observer | null {
  return observers.reduceRight<Observer | null>(
    (rest, each) => (each === null ? rest : bothObservers(each, rest)),
    null,
  );
}
