/** What hazards do to the world. */
import type { ClockSkewSpec, HazardSpec } from '../scenario/scenario.ts';

export interface HazardDoors {
  /** A share of the writes is turned down, until the same object is handed in again. */
  beginRefusing(sink: string, refusal: SinkRefusal): void;
  endRefusing(sink: string, refusal: SinkRefusal): void;
  /** So many times slower than its specification; 1 ends it. */
  slowSink(sink: string, factors: { readonly rate: number; readonly latency: number }): void;
  /** Clocks of applications are off, until they are set by the same fault. */
  changeClocks(fault: ClockSkewSpec, how: 'skew' | 'set'): void;
  crashRouterHost(host: number, containersPerHost: number): void;
  killCollector(collector: number, disk: 'kept' | 'lost'): void;
  startCollector(collector: number): void;
}

export interface SinkRefusal {
  readonly share: number;
  readonly manner: 'retriable' | 'for-good';
}

interface HazardDeed {
  /** Null for a deed of which each has its own effect, whatever else lasts: see `Deed`. */
  readonly target: string | null;
  begin(): void;
  end(): void;
}

const nothing = (): void => {};

export function hazardDeed(
  hazard: HazardSpec,
  doors: HazardDoors,
  slowness: {
    begin(sink: string, factors: { rate: number; latency: number }): void;
    end(sink: string, factors: { rate: number; latency: number }): void;
  },
): HazardDeed {
  switch (hazard.kind) {
    case 'sink-reject':
      return {
        target: null,
        begin: () => doors.beginRefusing(hazard.sink, hazard),
        end: () => doors.endRefusing(hazard.sink, hazard),
      };
    case 'sink-slow':
      return {
        target: null,
        begin: () => slowness.begin(hazard.sink, hazard),
        end: () => slowness.end(hazard.sink, hazard),
      };
    case 'clock-skew':
      return {
        target: null,
        begin: () => doors.changeClocks(hazard, 'skew'),
        end: () => doors.changeClocks(hazard, 'set'),
      };
    case 'surge':
      // Arrivals are a function of time, and know of it from the beginning.
      return { target: null, begin: nothing, end: nothing };
    case 'router-host-crash':
      return {
        target: null,
        begin: () => doors.crashRouterHost(hazard.host, hazard.containersPerHost),
        end: nothing,
      };
    case 'collector-kill':
      return {
        target: `collector ${hazard.collector}`,
        begin: () => doors.killCollector(hazard.collector, hazard.disk),
        end: () => doors.startCollector(hazard.collector),
      };
  }
}
