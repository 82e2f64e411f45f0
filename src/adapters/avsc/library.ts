/** As much of `avsc` as is used here (5.x): the module itself fits. */
export interface Avsc {
  readonly Type: { forSchema(schema: never): unknown };
}

export interface AvscType {
  /** @throws when the value is none of this type */
  toBuffer(value: unknown): Buffer;
  /** @throws on malformed bytes, and on too many */
  fromBuffer(bytes: Buffer, resolver?: unknown): unknown;
  /** @throws when this type can't read what `writer` wrote */
  createResolver(writer: AvscType): unknown;
}

/** @throws on what is no schema */
export function typeOf({ Type }: Avsc, schema: unknown): AvscType {
  return Type.forSchema(schema as never) as AvscType;
}
