#!/usr/bin/env node
import { inlineMore } from './inlining.ts';
import { processIo } from './io.ts';
import { runProgram } from './program.ts';
import { realKit, realWorld } from './real-world.ts';

inlineMore();
// The code is set, not forced: a large result in a pipe is written to its end before the process goes.
process.exitCode = await runProgram(process.argv.slice(2), { io: processIo(), world: realWorld, kit: realKit });
