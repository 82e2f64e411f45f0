/** What `spillway init` writes: a scenario to start from, with a word on each part. */
export function scenarioTemplate(): string {
  return TEMPLATE;
}

const TEMPLATE = `# yaml-language-server: $schema=./node_modules/spillway/dist/scenario.schema.json
#
# A scenario changes a preset (spillway presets) or another file, and says only what differs.
# Every quantity has its unit; times count from the end of the warm-up.
# spillway explain <path>, for example producers.policy.linger, tells what a setting means and where it comes from.
extends: laptop
name: my-pipeline
description: What this run should show

run:
  warmup: 2s
  for: 60s

# How much comes in, and how it moves. Kinds of shape: constant, diurnal, surge, trace (a CSV timestamp,value).
traffic:
  rate: 3000/s
  shape:
    kind: surge
    at: 20s
    for: 10s
    factor: 2
    ramp: 2s

# Topics are generated. Those that you know by name stand beside them.
topics:
  named:
    play-events:
      class: high
      rate: 200/s
      recordBytes: 2kB
      streams: 10
      routes: [s3, kafka]

producers:
  policy:
    partitioner: sticky
    linger: 100ms

# Named things merge with the preset's; null removes one.
sinks:
  s3:
    router:
      containers: 16

# What breaks, and when.
faults:
  - kind: sink-stop
    sink: elasticsearch
    at: 30s
    for: 5s

# What must hold; if not, spillway run exits with 1.
assert:
  - { metric: dropped, atMost: 0.01% }
  - { metric: loss, sink: s3, atMost: 0 }
  - { metric: lag, sink: elasticsearch, atMost: 30s, when: max }
`;
