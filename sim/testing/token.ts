/** A failing schedule as one word that can be pasted into a terminal: the scenario, and how it was checked. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Written } from '../scenario/index.ts';
import type { BoundName, Bounds } from './bounds.ts';
import type { Phases } from './phases.ts';

/** What a token or a file of the corpus holds. */
export interface SavedCase {
  readonly version: 1;
  readonly written: Written;
  readonly fidelity: 'record' | 'request';
  readonly phases: Phases;
  /** As far as they can be written down: what is a function stays with the test. */
  readonly bounds: Bounds;
  /** Which of them was broken. */
  readonly broke: BoundName;
  /** Of the failing run: a replay that has it is the same to the byte. */
  readonly digest: string;
  /** Policies or bounds are code: only the test itself can run it again, or whoever has the module. */
  readonly code: boolean;
  /** Where that code is, as the check said it. */
  readonly module?: string;
  /** Which check it belongs to. */
  readonly check: string;
  /** How it was found, in words. */
  readonly searched: string;
}

const MARK = 'spw1-';

export function tokenOf(saved: SavedCase): string {
  return MARK + deflateRawSync(JSON.stringify(saved), { level: 9 }).toString('base64url');
}

export const isToken = (text: string): boolean => text.startsWith(MARK);

/** Throws RangeError for what is no token. */
export function savedCaseOf(token: string): SavedCase {
  try {
    if (!isToken(token)) throw new Error('no token');
    return parseCase(inflateRawSync(Buffer.from(token.slice(MARK.length), 'base64url')).toString('utf8'));
  } catch {
    throw new RangeError(`token ${JSON.stringify(token.slice(0, 24))}…; expected one that a failed check has printed`);
  }
}

/** From the text of a file in a corpus. Throws RangeError for anything else. */
export function parseCase(text: string): SavedCase {
  let read: Partial<SavedCase> | null;
  try {
    read = JSON.parse(text) as Partial<SavedCase> | null;
  } catch {
    throw new RangeError('no JSON; expected a case that `spillway check` has saved');
  }
  if (read === null || read.version !== 1 || typeof read.written !== 'object' || typeof read.digest !== 'string') {
    throw new RangeError('no saved case; expected one that `spillway check` has saved');
  }
  return read as SavedCase;
}
