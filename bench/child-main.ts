/** What `inChild` starts: one run, its figures on standard output. */
import { type Spec, steady } from './steady.ts';

console.log(JSON.stringify(steady(JSON.parse(process.argv[2]) as Spec).steady));
