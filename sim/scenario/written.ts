/**
 * The written form of a scenario: what people put into YAML and TypeScript alike. One schema; `resolveScenario` makes
 * the numbers of it that the world is built from.
 *
 * Things that have names (regions, clusters, sinks, written-out topics) are maps, so that a scenario that extends
 * another can change one of them by its name; `null` removes one, or an inherited setting that may be left out. Lists (faults, assert) are replaced as a whole.
 */
import * as z from 'zod';
import { choice, count, duration, factor, group, optional, required, setting, share, text } from './setting.ts';
import { alertsSchema } from './written-alerts.ts';
import { auditSchema } from './written-audit.ts';
import { brokerSchema, clusterSchema, controllerSchema, logSchema, NAME } from './written-cluster.ts';
import { healingSchema } from './written-healing.ts';
import { migrationSchema } from './written-migration.ts';
import { producersSchema } from './written-producer.ts';
import { routerSchema, sinkSchema } from './written-sinks.ts';
import { assertionSchema, faultSchema } from './written-timeline.ts';
import { topicsSchema, trafficSchema } from './written-traffic.ts';
import { zookeeperSchema } from './written-zookeeper.ts';

const named = <T extends z.ZodType>(schema: T) => z.record(z.string().regex(NAME), schema);

const runSchema = group(
  z.strictObject({
    warmup: setting(
      duration(),
      'Time before measuring starts. All times in a scenario count from its end.',
      'guess: enough for buffers and caches to fill',
      '2s',
    ),
    for: setting(duration({ min: 1 }), 'Measured time.', 'a convention', '10s'),
    fidelity: setting(
      choice(['record', 'request']),
      'record: every record by itself. request: as many at once as arrive between two decisions.',
      'the main one',
      'request',
    ),
  }),
  'How long, and how closely looked at.',
);

const regionSchema = group(
  z.strictObject({
    zones: setting(
      count({ min: 1, max: 26 }),
      'Availability zones.',
      'T16: replicas are placed zone-aware; three is usual',
      3,
    ),
    share: setting(
      factor({ min: 0 }),
      'Its part of the traffic, relative to the other regions.',
      'a convention: equal',
      1,
    ),
  }),
  'One region, with clusters and topics of its own.',
);

const networkSchema = group(
  z.strictObject({
    sameZone: setting(duration(), 'One way between machines of a zone.', 'guess: a usual figure', '150us'),
    crossZone: setting(duration(), 'One way between zones of a region.', 'guess: a usual figure', '500us'),
    crossRegion: setting(duration(), 'One way between regions.', 'guess: coast to coast', '35ms'),
    jitter: setting(
      share({ max: 10 }),
      'Mean of the exponential jitter added to each way, as a share of it.',
      'guess: a usual figure',
      '20%',
    ),
  }),
  'Latency between machines.',
);

const storesSchema = group(
  z.strictObject({
    checkpointLatency: setting(
      duration(),
      'Time of a commit to the checkpoint store.',
      'guess: a Kafka topic with a few copies',
      '5ms',
    ),
    desiredStateLatency: setting(
      duration(),
      'Time of a read from the desired-state store.',
      'guess: a MySQL query (T16)',
      '10ms',
    ),
  }),
  'Where routers keep their offsets and their orders.',
);

export const writtenSchema = group(
  z.strictObject({
    extends: group(z.string().optional(), 'A preset, or a file beside this one, that this scenario changes.'),
    name: required(text('a name', { example: 'black-friday' }), 'What reports call it.'),
    description: setting(text('a text'), 'One line on what it shows.', 'none', ''),
    seed: setting(count({ max: 4_294_967_295 }), 'Seed of all random streams.', 'a convention', 1),
    run: runSchema.prefault({}),
    kafka: group(
      z
        .strictObject({
          profile: setting(choice(['0.8.2', '0.9', '4.x']), 'Whose defaults hold for producers and logs.', 'AK', '4.x'),
        })
        .prefault({}),
      'The Kafka of the era.',
    ),
    regions: group(named(regionSchema).prefault({ main: {} }), 'Regions by name.'),
    network: networkSchema.prefault({}),
    broker: brokerSchema.prefault({}),
    log: logSchema.prefault({}),
    controller: controllerSchema.prefault({}),
    clusters: group(named(clusterSchema), 'Clusters by name, or templates of several.'),
    zookeepers: group(
      named(zookeeperSchema).prefault({}),
      'ZooKeeper ensembles by name, that clusters name as theirs.',
    ),
    topics: topicsSchema.prefault({}),
    traffic: trafficSchema.prefault({}),
    producers: producersSchema.prefault({}),
    router: group(routerSchema.prefault({}), 'Routers of all sinks.'),
    sinks: group(named(sinkSchema).prefault({}), 'Sinks by name.'),
    stores: storesSchema.prefault({}),
    migration: migrationSchema.optional(),
    faults: group(z.array(faultSchema).prefault([]), 'What breaks, when and for how long.'),
    audit: optional(auditSchema, 'Auditors, and how right they are.', 'there are none'),
    alerts: optional(alertsSchema, 'Who watches the world, and raises alerts.', 'nobody does'),
    healing: group(healingSchema.prefault({ kind: 'off' }), 'An automaton that replaces brokers (T16).'),
    assert: group(z.array(assertionSchema).prefault([]), 'What must hold; if not, the run exits with 1.'),
    guesses: group(
      z.record(z.string(), z.string()).prefault({}),
      'Settings of this file that are guesses: path and what is not known.',
    ),
  }),
  'A scenario.',
);

/** What people write. A scenario that extends another may leave out everything that it does not change. */
export type WrittenScenario = z.input<typeof writtenSchema>;
/** The same after defaults and units, before clusters and topics are generated. */
export type ParsedScenario = z.output<typeof writtenSchema>;

type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> | null }
    : T;
/** What a scenario with `extends` may write: any part, `null` to remove something inherited: by its name, or a setting that may be left out. */
export type ScenarioPatch = DeepPartial<WrittenScenario>;
