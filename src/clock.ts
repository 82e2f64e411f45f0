import type { Clock, Timer } from './ports.ts';

const NS_PER_MS = 1_000_000;
/** The longest wait that `setTimeout` keeps; longer ones fire early, which callers of `after` check for anyway. */
const DELAY_MS_MAX = 2_147_483_647;

/** The process's own clock and timers. */
export const systemClock: Clock = {
  nowNs: () => Math.floor(performance.now() * NS_PER_MS),
  wallMs: () => Date.now(),
  after(delayNs, callback, options) {
    if (delayNs <= 0) {
      const immediate = setImmediate(callback);
      if (options?.keepAlive !== true) immediate.unref();
      return { cancel: () => clearImmediate(immediate) };
    }
    // Rounded up: a timer that fires before its time is only set again.
    const timeout = setTimeout(callback, Math.min(Math.ceil(delayNs / NS_PER_MS), DELAY_MS_MAX));
    if (options?.keepAlive !== true) timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** Work that did not settle in time. It may still do so; nobody listens any more. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * What the work answers, or a rejection with `TimeoutError` after `limitNs`. Work that throws at once rejects too. For
 * calls into code that is not ours, which may hang.
 */
export function within<T>({ clock, limitNs }: { clock: Clock; limitNs: number }, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer: Timer | null = Number.isFinite(limitNs)
      ? clock.after(limitNs, () => reject(new TimeoutError(`no answer within ${limitNs / NS_PER_MS} ms`)))
      : null;
    const settled = (): void => timer?.cancel();
    Promise.resolve().then(work).then(resolve, reject).finally(settled);
  });
}
