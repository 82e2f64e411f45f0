/** The branch of a collector for real time: a queue in memory or on disk, and one write at a time. Counts copies, not records. */
import type { BranchSpec } from '../../scenario/scenario.ts';
import type { SinkModel } from '../sinks/sink.ts';
import type { Agenda } from './agenda.ts';
import type { Message } from './message-book.ts';

const RETRY_NS = 1_000_000_000;

type BranchCause = 'queue-full' | 'collector-memory' | 'collector-disk';

export class Branch {
  taken = 0;
  delivered = 0;
  readonly lost: Partial<Record<BranchCause, number>> = {};
  readonly #agenda: Agenda;
  readonly #spec: BranchSpec;
  readonly #sink: SinkModel;
  readonly #actor: number;
  #life = 0;
  #queue: number[] = [];
  #busy = false;
  #timer = false;

  constructor(options: { readonly agenda: Agenda; readonly spec: BranchSpec; readonly sink: SinkModel }) {
    this.#agenda = options.agenda;
    this.#spec = options.spec;
    this.#sink = options.sink;
    this.#actor = options.agenda.actor();
  }

  get backlog(): number {
    return this.#queue.length;
  }

  take({ bytes }: Message): void {
    this.taken++;
    if (this.#queue.length >= this.#spec.queueRecords) {
      this.#lose('queue-full', 1);
      return;
    }
    this.#queue.push(bytes);
    if (this.#queue.length >= this.#spec.batchRecords) this.#write();
    else this.#later();
  }

  die(disk: 'kept' | 'lost'): void {
    this.#life++;
    this.#busy = false;
    this.#timer = false;
    if (this.#spec.queue === 'file' && disk === 'kept') return;
    this.#lose(this.#spec.queue === 'file' ? 'collector-disk' : 'collector-memory', this.#queue.length);
    this.#queue = [];
  }

  start(): void {
    this.#later();
  }

  #lose(cause: BranchCause, n: number): void {
    if (n > 0) this.lost[cause] = (this.lost[cause] ?? 0) + n;
  }

  #at(atNs: number, act: () => void): void {
    const life = this.#life;
    this.#agenda.at(atNs, this.#actor, () => {
      if (this.#life === life) act();
    });
  }

  #later(): void {
    if (this.#timer || this.#busy || this.#queue.length === 0) return;
    this.#timer = true;
    this.#at(this.#agenda.nowNs + this.#spec.lingerNs, () => {
      this.#timer = false;
      this.#write();
    });
  }

  /** The records of a write stay in the queue until it has landed. */
  #write(): void {
    const n = Math.min(this.#queue.length, this.#spec.batchRecords);
    if (this.#busy || n === 0) return;
    this.#busy = true;
    const sink = this.#sink;
    const bytes = this.#queue.slice(0, n).reduce((sum, each) => sum + each, 0);
    const accepted = sink.accept(n, bytes, this.#agenda.nowNs) === 'ok';
    const { answerNs, landNs } = sink;
    const { epoch } = sink.outages;
    this.#at(answerNs, () => {
      const landed = accepted && !sink.outages.cutOff(epoch, landNs);
      if (!landed) {
        this.#at(this.#agenda.nowNs + RETRY_NS, () => {
          this.#busy = false;
          this.#write();
        });
        return;
      }
      this.#busy = false;
      this.#queue.splice(0, n);
      this.delivered += n;
      if (this.#queue.length >= this.#spec.batchRecords) this.#write();
      else this.#later();
    });
  }
}
