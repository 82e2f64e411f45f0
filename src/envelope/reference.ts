/** A claim check: where the body of an oversize record lies, and how to know it again. */

export interface ClaimReference {
  readonly key: string;
  /** Length of the body. */
  readonly bytes: number;
  /** CRC-32 of the body, unsigned. */
  readonly crc32: number;
}

const PATTERN = /^(\d{1,15}) ([0-9a-f]{8}) (.+)$/;
/** A prefix and a UUID. Whoever can write to the topic could otherwise make readers fetch any object, or file. */
const KEY = /^(?:[\w-][\w.-]*\/){0,16}[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for keys that a claim check may have: folders of letters, digits, `_`, `-` and `.`, then a UUID. */
export function isClaimKey(key: string): boolean {
  return key.length <= 512 && KEY.test(key);
}

/** `<length> <CRC-32 in hex> <key>`, the value of the header. */
export function referenceText({ key, bytes, crc32 }: ClaimReference): string {
  return `${bytes} ${crc32.toString(16).padStart(8, '0')} ${key}`;
}

/** Null when it is malformed. */
export function parseReference(text: string): ClaimReference | null {
  const match = PATTERN.exec(text);
  if (match === null || !isClaimKey(match[3])) return null;
  return { bytes: Number(match[1]), crc32: Number.parseInt(match[2], 16), key: match[3] };
}
