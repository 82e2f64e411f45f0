import { hash32, uniform } from '../../engine/hash.ts';

/** `retriable`: not now, as an overloaded sink says. `for-good`: never, as it says of records that it can't read. */
type RefusalManner = 'retriable' | 'for-good';

export interface Refusal {
  readonly share: number;
  readonly manner: RefusalManner;
}

/**
 * Which writes a sink turns down. For the time being: each attempt by a draw of its own. For good: by where the write
 * begins, so that one tried again is turned down again, and one grouped otherwise after a relaunch may not be.
 */
export class Refusals {
  private readonly active: Refusal[] = [];
  private readonly identity: number;

  constructor(identity: number) {
    this.identity = identity;
  }

  begin(refusal: Refusal): void {
    this.active.push(refusal);
  }

  end(refusal: Refusal): void {
    this.active.splice(this.active.indexOf(refusal), 1);
  }

  /** Null for a write that is let through. `attempt` counts those of the container, `partition` and `offset` say where it begins. */
  judge(container: number, attempt: number, partition: number, offset: number): 'rejected' | 'refused' | null {
    const forGood = this.share('for-good');
    if (forGood > 0 && uniform(hash32(this.identity, partition, 1) | 0, offset, 2) < forGood) return 'refused';
    const retriable = this.share('retriable');
    return retriable > 0 && uniform(hash32(this.identity, container, 3) | 0, attempt, 4) < retriable
      ? 'rejected'
      : null;
  }

  /** Independent refusals let through what all of them do. */
  private share(manner: RefusalManner): number {
    let through = 1;
    for (const refusal of this.active) if (refusal.manner === manner) through *= 1 - refusal.share;
    return 1 - through;
  }
}
