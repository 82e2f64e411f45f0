/** A program for `inChild`: one run. */
import { type Spec, steady } from './steady.ts';

console.log(JSON.stringify(steady(JSON.parse(process.argv[2]) as Spec).steady));
