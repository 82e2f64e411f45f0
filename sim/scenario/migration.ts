/** From the written pipeline that is being replaced to the resolved one. */
import { lookUp, type TimelineContext } from './look-up.ts';
import type { MigrationSpec } from './migration-spec.ts';
import type { SinkSpec } from './scenario.ts';

export function buildMigration({ scenario, sinks, report }: TimelineContext): MigrationSpec | null {
  const { migration, run } = scenario;
  if (migration === undefined) return null;
  if (run.fidelity !== 'record') {
    report({
      path: ['migration'],
      given: `a comparison record by record, at ${run.fidelity} fidelity`,
      expected: 'run.fidelity: record',
    });
  }
  const named = (path: readonly string[], name: string, fits: (sink: SinkSpec) => boolean, what: string): string => {
    const [found] = lookUp(name, sinks.byName, { path: ['migration', ...path], what: 'a sink', report });
    if (found !== undefined && !fits(found)) {
      report({ path: ['migration', ...path], given: `${name}, of kind ${found.kind}`, expected: what });
    }
    return found?.name ?? name;
  };
  const { client, collector, branch } = migration;
  return {
    sink: named(['sink'], migration.sink, ({ kind }) => kind === 's3', 'a sink of kind s3'),
    collectorsPerRegion: migration.collectors,
    client: {
      queueRecords: client.queue,
      batchRecords: client.batch,
      batchTimeoutNs: client.batchTimeout,
      senders: client.senders,
      attempts: client.attempts,
      markDownNs: client.markDown,
    },
    collector: {
      queueSets: collector.queue,
      recordsPerSecond: collector.rate,
      sinkQueueRecords: collector.sinkQueue,
      writeRecords: collector.writeBatch,
      writeTimeoutNs: collector.writeTimeout,
      fileBytes: collector.file,
      fileAgeNs: collector.fileAge,
      diskBytes: collector.disk,
      diskFreeMin: collector.diskFree,
      uploadRetryNs: collector.uploadRetry,
    },
    branch:
      branch === undefined
        ? null
        : {
            sink: named(['branch', 'sink'], branch.sink, ({ kind }) => kind !== 'kafka', 'a sink of another kind'),
            queue: branch.queue,
            queueRecords: branch.queueRecords,
            batchRecords: branch.batch,
            lingerNs: branch.linger,
          },
  };
}
