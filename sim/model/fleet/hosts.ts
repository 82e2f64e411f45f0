/** Which container is meant: by the sink that it writes to, or by the host that it runs on. */
import type { JobPlan } from './job.ts';

/** The i-th of the containers that write to the sink, counted round if there are fewer; −1 when there is none. */
export function containerOfSink(plan: JobPlan, sink: number, i: number): number {
  const jobs = plan.jobs.filter((job) => job.open && job.sinks.includes(sink));
  const containers = jobs.reduce((n, job) => n + job.containers, 0);
  let left = containers === 0 ? 0 : i % containers;
  for (const job of jobs) {
    if (left < job.containers) return job.firstContainer + left;
    left -= job.containers;
  }
  return -1;
}

/**
 * The containers on a host: all that may run are dealt out over as few hosts as hold them, one after the other, so that the
 * containers of one job are on different hosts as far as possible. A host that there isn't is counted round.
 */
export function containersOfHost(plan: JobPlan, host: number, containersPerHost: number): number[] {
  const hosts = Math.max(1, Math.ceil(plan.containers / containersPerHost));
  const on: number[] = [];
  for (let container = host % hosts; container < plan.containers; container += hosts) on.push(container);
  return on;
}
