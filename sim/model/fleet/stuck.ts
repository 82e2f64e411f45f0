/** Containers that heartbeat and do nothing else: whatever they are told waits until they go on, if they then still live. */
import type { ContainerRun } from './container-run.ts';

interface Hold {
  readonly run: ContainerRun;
  /** Its group has given it up meanwhile. */
  expelled: boolean;
}

export interface StuckHost {
  /** The container's run, if it lives. */
  readonly runOn: (container: number) => ContainerRun | null;
  /** It does what it has been told meanwhile, and goes on. */
  readonly wentOn: (container: number) => void;
  /** When its group gives it up, from now on; `Infinity` without a group. */
  readonly patienceNs: (container: number) => number;
  readonly after: (container: number, ns: number, step: () => void) => void;
  readonly expel: (container: number) => void;
  /** It starts over, in the same process. */
  readonly rejoin: (container: number) => void;
}

export class StuckContainers {
  private readonly host: StuckHost;
  /** By who holds them. */
  private readonly holds = new Map<string, Hold>();

  constructor(host: StuckHost) {
    this.host = host;
  }

  begin(key: string, container: number): void {
    const run = this.host.runOn(container);
    if (run === null || run.stuck) return;
    const hold: Hold = { run, expelled: false };
    this.holds.set(key, hold);
    run.hold();
    const patienceNs = this.host.patienceNs(container);
    if (patienceNs === Infinity) return;
    this.host.after(container, patienceNs, () => {
      if (this.holds.get(key) !== hold || !run.alive) return;
      hold.expelled = true;
      this.host.expel(container);
    });
  }

  end(key: string, nowNs: number): void {
    const hold = this.holds.get(key);
    if (hold === undefined) return;
    this.holds.delete(key);
    const { container } = hold.run;
    if (hold.expelled) this.host.rejoin(container);
    else if (hold.run.alive) {
      hold.run.goOn(nowNs);
      this.host.wentOn(container);
    }
  }
}
