/**
 * Every record that the old pipeline was offered. A record may be in two places at once, when a set is sent again whose
 * answer was lost; so copies are counted, and a record is gone when the last of them is, and none has arrived.
 */
import { invariant } from '../../engine/invariant.ts';
import { Histogram } from '../../measure/histogram.ts';

export type CollectorCause = 'client-queue-full' | 'collector-memory' | 'collector-disk' | 'sink-queue-full';

export interface Message {
  readonly stream: number;
  readonly bytes: number;
  readonly createdNs: number;
  copies: number;
  arrivals: number;
  /** What took the last copy that was destroyed. */
  cause: CollectorCause | null;
}

export class MessageBook {
  /** By stream, in order of ordinals. */
  readonly messages: Message[][];
  /** Creation until a reader of the sink sees it, ns. */
  readonly latency = new Histogram();
  offered = 0;
  delivered = 0;
  duplicates = 0;
  /** Copies held somewhere. */
  held = 0;

  constructor(streams: number) {
    this.messages = Array.from({ length: streams }, () => []);
  }

  offer(stream: number, bytes: number, createdNs: number): Message {
    const message: Message = { stream, bytes, createdNs, copies: 0, arrivals: 0, cause: null };
    this.messages[stream].push(message);
    this.offered++;
    return message;
  }

  hold(message: Message): void {
    message.copies++;
    this.held++;
  }

  /** A record that nobody has taken. */
  refuse(message: Message, cause: CollectorCause): void {
    message.cause = cause;
  }

  /** A copy is destroyed. */
  drop(message: Message, cause: CollectorCause): void {
    message.cause = cause;
    this.release(message);
  }

  /** A copy is no longer needed: another has been taken over. */
  release(message: Message): void {
    message.copies--;
    this.held--;
    invariant(message.copies >= 0, 'a copy is given up once');
  }

  /** A copy has arrived at the sink. */
  deliver(message: Message, visibleNs: number): void {
    if (message.arrivals++ === 0) {
      this.delivered++;
      this.latency.record(visibleNs - message.createdNs);
    } else this.duplicates++;
    this.release(message);
  }
}

/** What has become of a record: it arrived, it is on its way, or what took it. */
export function fateOf({ copies, arrivals, cause }: Message): 'delivered' | 'in-flight' | CollectorCause {
  if (arrivals > 0) return 'delivered';
  if (copies > 0 || cause === null) return 'in-flight';
  return cause;
}
