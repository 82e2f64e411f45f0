/** Columns: state of many streams as typed arrays, one element a stream, that grow as streams are added. */

type Column = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** The same column if `index` fits, else a copy at least twice as long. New elements are 0. */
export function grown<T extends Column>(column: T, index: number): T {
  if (index < column.length) return column;
  const wider = new (column.constructor as new (length: number) => T)(Math.max(16, column.length * 2, index + 1));
  wider.set(column);
  return wider;
}
