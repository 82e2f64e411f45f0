/** Avro by `avsc`, in the wire format of Confluent's schema registry. The library is injected: nothing is imported. */
export { type AvroOptions, avro } from './codec.ts';
export type { Avsc, AvscType } from './library.ts';
