/** A program for `inChild`: nanoseconds that a decision of one policy takes. */
import { type Effort, OVERFLOWS, overflowNs, PARTITIONERS, partitionerNs } from './decision.ts';

const { name, quick } = JSON.parse(process.argv[2]) as { name: string; quick: boolean };
const effort: Effort = quick ? { decisions: 100_000, rounds: 11 } : { decisions: 1_000_000, rounds: 21 };
const overflow = OVERFLOWS.find((policy) => policy.name === name);
console.log(overflow === undefined ? partitionerNs(PARTITIONERS[name], effort) : overflowNs(overflow, effort));
