/**
 * How far V8 inlines, for processes that do nothing but simulate: it stops at 920 bytecodes in all, which cuts an event's
 * handler, made of many small functions, into a dozen calls that pass numbers boxed. A process-wide setting of the
 * compiler is the command's to choose and not a library's; it changes no result. Takes effect for what is compiled later.
 */
import { setFlagsFromString } from 'node:v8';

/** Measured: more than this makes functions slow to compile and no faster. */
const BYTECODES = 2500;

export function inlineMore(): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${BYTECODES}`);
}
