/** What breaks, when, and when it returns: the scenario's faults put on the engine's clock. */
import { type Engine, invariant } from '../engine/index.ts';
import type { FaultSpec } from '../scenario/scenario.ts';

/** What a fault can do to the world. */
export interface FaultDoors {
  stopBroker(cluster: string, broker: number): void;
  startBroker(cluster: string, broker: number): void;
  cutOffCluster(cluster: string): void;
  reconnectCluster(cluster: string): void;
  stopSink(sink: string): void;
  startSink(sink: string): void;
  crashRouter(sink: string, container: number): void;
  stopStore(store: 'checkpoint' | 'desired-state'): void;
  startStore(store: 'checkpoint' | 'desired-state'): void;
}

const BEGIN = 1;
const END = 0;

/**
 * Schedules all faults; ends come before beginnings at the same time. Faults of one target that overlap count: it is
 * back when the last of them has ended.
 */
export function scheduleFaults(engine: Engine, faults: readonly FaultSpec[], doors: FaultDoors): void {
  const active = new Map<string, number>();
  // What happens is the entity, because at one time events come by entity: ends first.
  const kind = engine.kind('fault', (begins, index) => {
    const fault = faults[index];
    if (fault.kind === 'router-crash') {
      doors.crashRouter(fault.sink, fault.container);
      return;
    }
    const target = targetOf(fault);
    const before = active.get(target) ?? 0;
    const after = before + (begins === BEGIN ? 1 : -1);
    invariant(after >= 0, 'a fault ends after it began');
    active.set(target, after);
    if (before === 0 && after === 1) begin(fault, doors);
    if (before === 1 && after === 0) end(fault, doors);
  });
  faults.forEach((fault, index) => {
    engine.schedule(fault.atNs, kind, BEGIN, index, index);
    if (fault.kind !== 'router-crash') engine.schedule(fault.atNs + fault.forNs, kind, END, index, index);
  });
}

function targetOf(fault: FaultSpec): string {
  switch (fault.kind) {
    case 'broker-stop':
      return `broker ${fault.cluster}/${fault.broker}`;
    case 'cluster-unreachable':
      return `way to ${fault.cluster}`;
    case 'sink-stop':
      return `sink ${fault.sink}`;
    case 'router-crash':
      return `router ${fault.sink}/${fault.container}`;
    case 'checkpoint-store-down':
    case 'desired-state-store-down':
      return fault.kind;
  }
}

function begin(fault: FaultSpec, doors: FaultDoors): void {
  switch (fault.kind) {
    case 'broker-stop':
      doors.stopBroker(fault.cluster, fault.broker);
      break;
    case 'cluster-unreachable':
      doors.cutOffCluster(fault.cluster);
      break;
    case 'sink-stop':
      doors.stopSink(fault.sink);
      break;
    case 'checkpoint-store-down':
      doors.stopStore('checkpoint');
      break;
    case 'desired-state-store-down':
      doors.stopStore('desired-state');
      break;
    case 'router-crash':
      doors.crashRouter(fault.sink, fault.container);
      break;
  }
}

function end(fault: FaultSpec, doors: FaultDoors): void {
  switch (fault.kind) {
    case 'broker-stop':
      doors.startBroker(fault.cluster, fault.broker);
      break;
    case 'cluster-unreachable':
      doors.reconnectCluster(fault.cluster);
      break;
    case 'sink-stop':
      doors.startSink(fault.sink);
      break;
    case 'checkpoint-store-down':
      doors.startStore('checkpoint');
      break;
    case 'desired-state-store-down':
      doors.startStore('desired-state');
      break;
    case 'router-crash':
      break;
  }
}
