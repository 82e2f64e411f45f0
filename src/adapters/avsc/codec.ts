import { systemClock } from '../../clock.ts';
import type { Codec } from '../../envelope/codec.ts';
import type { Clock, SchemaRegistryPort } from '../../ports.ts';
import { type Avsc, type AvscType, typeOf } from './library.ts';
import { type Subject, Subjects } from './subjects.ts';
import { framed, stamp, unframed } from './wire.ts';
import { WrittenTypes } from './written.ts';

export interface AvroOptions {
  /** The module `avsc`, 5.x. */
  readonly avsc: Avsc;
  readonly registry: SchemaRegistryPort;
  /**
   * Schema by topic, as parsed JSON. Values are written by it; those read are brought to it, by Avro's rules of schema
   * resolution. A topic without one can't be written, and is read by the schema it was written by.
   */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Default: `<topic>-value`, Confluent's `TopicNameStrategy`. */
  readonly subjectOf?: (topic: string) => string;
  /** Schemas remembered for reading. Default 1,000, as Confluent's own client. */
  readonly schemasMax?: number;
  /** For one question to the registry, ms. Default 10,000, a guess. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

interface WrittenTopic {
  readonly type: AvscType;
  readonly schema: string;
  readonly subject: string;
  asked: Subject | null;
}

/**
 * Avro in Confluent's wire format. Ids of the schemas are asked for when the producer starts. Records that are offered
 * before the answer are written at once, but for the id, and wait for it within the producer's bounds: a registry that is
 * away neither stops a start nor costs a record, as long as there is room. A schema that the registry refuses drops its
 * records as `invalid`.
 *
 * @throws when one of the schemas is none, naming its topic
 */
export function avro<V = unknown>(options: AvroOptions): Codec<V> {
  const { avsc, registry, clock = systemClock, timeoutMs = 10_000, schemasMax = 1_000 } = options;
  const subjectOf = options.subjectOf ?? ((topic: string) => `${topic}-value`);
  const topics = new Map<string, WrittenTopic>();
  for (const [topic, schema] of Object.entries(options.schemas)) {
    topics.set(topic, {
      type: topicType({ avsc, topic, schema }),
      schema: JSON.stringify(schema),
      subject: subjectOf(topic),
      asked: null,
    });
  }
  const subjects = new Subjects({ registry, clock, timeoutMs });
  const written = new WrittenTypes({ avsc, registry, clock, timeoutMs, schemasMax });
  /** How a topic's type reads what another wrote. */
  const resolvers = new WeakMap<AvscType, Map<AvscType, unknown>>();
  const ask = (topic: WrittenTopic): Subject => {
    topic.asked ??= subjects.ask(topic.subject, topic.schema);
    return topic.asked;
  };
  const resolver = (reader: AvscType, writer: AvscType): unknown => {
    let known = resolvers.get(writer);
    if (known === undefined) {
      known = new Map();
      resolvers.set(writer, known);
    }
    let found = known.get(reader);
    if (found === undefined) {
      found = reader.createResolver(writer);
      known.set(reader, found);
    }
    return found;
  };
  return {
    contentType: 'application/vnd.confluent.avro',
    open() {
      for (const topic of topics.values()) ask(topic);
    },
    encode(value, topic) {
      const known = topics.get(topic);
      if (known === undefined) throw new TypeError(`no schema for topic ${topic}`);
      const bytes = framed(known.type.toBuffer(value));
      const { id } = ask(known);
      if (id === null) throw new TypeError(`the registry refuses the schema of ${topic}`);
      if (id !== undefined) {
        stamp(bytes, id);
        return { bytes, schemaId: id };
      }
      const whenKnown = (listener: (schemaId: number | null) => void): void =>
        ask(known).whenKnown((schemaId) => {
          if (schemaId !== null) stamp(bytes, schemaId);
          listener(schemaId);
        });
      return { bytes, pending: { whenKnown } };
    },
    async decode(bytes, { topic }) {
      const { schemaId, value } = unframed(bytes);
      const writer = await written.type(schemaId);
      const reader = topics.get(topic)?.type;
      const read = reader === undefined ? writer.fromBuffer(value) : reader.fromBuffer(value, resolver(reader, writer));
      return read as V;
    },
  };
}

function topicType({ avsc, topic, schema }: { avsc: Avsc; topic: string; schema: unknown }): AvscType {
  try {
    return typeOf(avsc, schema);
  } catch (cause) {
    throw new TypeError(`schemas: ${topic} has no Avro schema: ${String(cause)}`, { cause });
  }
}
