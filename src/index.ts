/** spillway in a process: the producer, the router, and the policies that a user can replace. */
export * from './audit/index.ts';
export { systemClock } from './clock.ts';
export type { ClaimCheckOptions } from './envelope/claim-check.ts';
export {
  type Codec,
  type Decoder,
  type Encoded,
  json,
  NotNowError,
  type PendingSchema,
  raw,
} from './envelope/codec.ts';
export { ENVELOPE_HEADERS, type Envelope, type Unwrapped, unwrap, wrap } from './envelope/envelope.ts';
export { type GuidFields, GuidSource, guidText, isGuid } from './envelope/guid.ts';
export {
  type DeadLetter,
  LETTER_REASONS,
  type LetterReason,
  type Opened,
  Opener,
  type OpenerCounts,
  type OpenerOptions,
  type Opening,
} from './envelope/opening.ts';
export type { EnvelopeOptions } from './envelope/sealing.ts';
export { type UnwrappingSink, unwrapping } from './envelope/unwrapping.ts';
export type { WaitingOptions } from './envelope/waiting-room.ts';
export {
  ClusterFailover,
  type FailoverEffects,
  type FailoverMilestone,
  type FailoverPolicy,
  type Judgement,
  OutlierDetector,
  type OutlierOptions,
} from './healing/index.ts';
export type { HistogramSnapshot } from './histogram.ts';
export { InvariantError } from './invariant.ts';
export type {
  Clock,
  ConsumedRecord,
  ConsumerHandler,
  ConsumerPort,
  ObjectStorePort,
  PartitionLeader,
  ProduceOutcome,
  ProducerPort,
  SchemaRegistryPort,
  SinkPort,
  Timer,
  TopicPartition,
  WireRecord,
  WriteOutcome,
} from './ports.ts';
export type { Outlook } from './producer/admission.ts';
export type { BatchContents } from './producer/assignment.ts';
export type { Confirmation, OnSettled } from './producer/callbacks.ts';
export type { ProducerConfig } from './producer/config.ts';
export { ProducerCore } from './producer/core.ts';
export { PRODUCER_DEFAULTS } from './producer/defaults.ts';
export type { ProducerEffects } from './producer/effects.ts';
export type { ProducerRecord } from './producer/encode.ts';
export { FATES, type Fate, REQUEST_OUTCOMES, type RequestMeasures, type RequestOutcome } from './producer/measures.ts';
export type {
  BatchNews,
  ConnectedNews,
  DisconnectedNews,
  DropNews,
  FailoverNews,
  ProducerEvents,
  RequestNews,
  SettledNews,
} from './producer/news.ts';
export type { CloseOptions, ClusterMap, ProducerOptions } from './producer/options.ts';
export {
  FATE_DELIVERED,
  FATE_UNKNOWN,
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
  type Outcome,
} from './producer/outcome.ts';
export { dropNew, dropOldest, evictLower } from './producer/overflow.ts';
export {
  keyed,
  keyHashOf,
  murmur2,
  random,
  roundRobin,
  type StickyOptions,
  sticky,
  type UniformStickyOptions,
  uniformSticky,
} from './producer/partitioner/index.ts';
export type {
  BatchLimits,
  BufferView,
  LoadView,
  OverflowPolicy,
  Partitioner,
  PartitionerFactory,
  RetryPolicy,
} from './producer/policy.ts';
export type { Pressure, PressureNews, PressureOptions } from './producer/pressure.ts';
export { createProducer, Producer } from './producer/producer.ts';
export type { Quota } from './producer/quotas.ts';
export type { Receipt, ReceiptLine, ReceiptTotal } from './producer/receipt.ts';
export { type ExponentialOptions, exponential } from './producer/retry.ts';
export type { BufferSnapshot, ClusterSnapshot, ProducerSnapshot } from './producer/snapshot.ts';
export type { StreamOptions } from './producer/stream-traits.ts';
export { TopicView } from './producer/topic-view.ts';
export { type Acks, CLASSES, DROP_CAUSES, type DropCause, NO_KEY, type ServiceClass } from './record.ts';
export * from './router/index.ts';
export { diskSpill } from './spill/disk-spill.ts';
export type { DiskSpillOptions } from './spill/disk-spill-options.ts';
export type { Spill, SpilledRecord, SpillItem, SpillListener } from './spill/spill.ts';
