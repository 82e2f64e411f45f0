import { within } from '../clock.ts';
import { fraction, hash32 } from '../hash.ts';
import type { Clock, ProducerPort, Timer } from '../ports.ts';
import type { RetryPolicy } from './policy.ts';

export interface ConnectionLoopOptions {
  readonly port: ProducerPort;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  /** An `open` that has not settled by then has failed. */
  readonly openTimeoutNs: number;
  readonly identity: number;
  readonly onConnected: () => void;
  readonly onDisconnected: (cause: unknown) => void;
}

/**
 * Opens the port in the background, and again whenever there is doubt, until it works. Nobody waits for it: an instance
 * starts while the cluster is away, and sending resumes by itself when it is back (T15's second and third rule).
 */
export class ConnectionLoop {
  readonly #options: ConnectionLoopOptions;
  #connected = false;
  /** Told once how the first attempt went: before it, a failure is news, too. */
  #told = false;
  #opening = false;
  #closed = false;
  #failures = 0;
  #lastOpenedNs = -Infinity;
  #timer: Timer | null = null;

  constructor(options: ConnectionLoopOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Something failed that a new connection could mend: opens the port unless that is under way. */
  check(): void {
    if (this.#closed || this.#opening || this.#timer !== null) return;
    const { clock, retry } = this.#options;
    // A port that opens well and then fails its calls must not be opened in a tight loop.
    const earliestNs = this.#lastOpenedNs + retry.backoffNs(1, this.#draw());
    this.#timer = clock.after(Math.max(0, earliestNs - clock.nowNs()), () => {
      this.#timer = null;
      void this.#open();
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #open(): Promise<void> {
    const { port, clock, retry, openTimeoutNs, onConnected, onDisconnected } = this.#options;
    this.#opening = true;
    try {
      await within({ clock, limitNs: openTimeoutNs }, () => port.open());
      this.#opening = false;
      if (this.#closed) return;
      this.#failures = 0;
      this.#lastOpenedNs = clock.nowNs();
      if (!this.#connected) {
        this.#connected = true;
        this.#told = true;
        onConnected();
      }
    } catch (cause) {
      this.#opening = false;
      if (this.#closed) return;
      this.#failures++;
      if (this.#connected || !this.#told) {
        this.#connected = false;
        this.#told = true;
        onDisconnected(cause);
      }
      this.#timer = clock.after(retry.backoffNs(this.#failures, this.#draw()), () => {
        this.#timer = null;
        void this.#open();
      });
    }
  }

  #draw(): number {
    return fraction(hash32(this.#options.identity, this.#failures));
  }
}
