import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isClaimKey, parseReference, referenceText } from './reference.ts';

const GUID = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';

it('a reference is read back as it was written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[\w-][\w.-]{0,5}$/), { maxLength: 4 }),
      fc.uuid(),
      fc.nat(),
      fc.nat(0xffff_ffff),
      (folders, guid, bytes, crc32) => {
        const reference = { key: [...folders, guid].join('/'), bytes, crc32 };
        expect(parseReference(referenceText(reference))).toEqual(reference);
      },
    ),
  );
});

it('what leads out of the store, or to what is not a body, is no key', () => {
  expect(isClaimKey(`claims/2026/${GUID}`)).toBe(true);
  for (const key of [
    `../${GUID}`,
    `/etc/${GUID}`,
    `a/../${GUID}`,
    `./${GUID}`,
    `a//${GUID}`,
    'etc/passwd',
    '',
    `a\\${GUID}`,
  ]) {
    expect(isClaimKey(key), key).toBe(false);
    expect(parseReference(`5 00000000 ${key}`)).toBe(null);
  }
});

it('any other text is no reference', () => {
  fc.assert(fc.property(fc.string(), (text) => void expect(parseReference(text)).toBe(null)));
});
