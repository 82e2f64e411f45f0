/** A program for `inChild`: a run with and without failures. */
import { costOfFailures, type FailuresSpec } from './failures.ts';

console.log(JSON.stringify(costOfFailures(JSON.parse(process.argv[2]) as FailuresSpec)));
