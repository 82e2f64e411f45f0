/**
 * `npm run compare:kafka [-- broker-stop|broker-hang|cluster-away …] [--client=platformatic|kafkajs|confluent]`: the same
 * policies, workload and outage on real brokers and in the simulator, side by side.
 */
import * as platformatic from '@platformatic/kafka';
import { Kafka } from 'kafkajs';
import { confluentProducer } from '../../../src/adapters/confluent/index.ts';
import { kafkaJsProducer } from '../../../src/adapters/kafkajs/index.ts';
import { platformaticProducer } from '../../../src/adapters/platformatic/index.ts';
import type { ProducerPort } from '../../../src/ports.ts';
import { KafkaCluster, kafkaVersion } from '../cluster.ts';
import { confluentClient } from '../confluent-client.ts';
import { Topics } from '../topics.ts';
import { realRun } from './real-run.ts';
import { modelRun, portsRun } from './simulated-runs.ts';
import { render } from './table.ts';
import { OUTAGES, type Outage, workload } from './workload.ts';

const SECONDS = 40;
const CLIENTS: Readonly<Record<string, (bootstrap: readonly string[]) => ProducerPort>> = {
  kafkajs: (bootstrap) => kafkaJsProducer({ Kafka, config: { clientId: 'compare', brokers: [...bootstrap] } }),
  platformatic: (bootstrap) =>
    platformaticProducer({ kafka: platformatic, config: { clientId: 'compare', bootstrapBrokers: [...bootstrap] } }),
  confluent: (bootstrap) => {
    const client = confluentClient();
    if (client === null) throw new Error('node scripts/install-confluent.mjs installs that client');
    return confluentProducer({ client, config: { 'bootstrap.servers': bootstrap.join() } });
  },
};

const words = process.argv.slice(2);
const clientName = words.find((word) => word.startsWith('--client='))?.slice('--client='.length) ?? 'platformatic';
const asked = words.filter((word) => !word.startsWith('--'));
const strange = asked.filter((word) => !(OUTAGES as readonly string[]).includes(word));
const makePort = Object.hasOwn(CLIENTS, clientName) ? CLIENTS[clientName] : undefined;
if (strange.length > 0 || makePort === undefined) {
  console.error(
    strange.length > 0
      ? `compare:kafka: no outage ${strange.join(', ')}; there are ${OUTAGES.join(', ')}`
      : `compare:kafka: no client ${clientName}; there are ${Object.keys(CLIENTS).join(', ')}`,
  );
  process.exit(2);
}

const cluster = await KafkaCluster.start();
const topics = new Topics(cluster.bootstrap);
try {
  for (const outage of asked.length > 0 ? (asked as Outage[]) : OUTAGES) {
    await cluster.heal();
    const port = makePort(cluster.bootstrap);
    const real = await realRun({ cluster, topics, port, outage, seconds: SECONDS });
    const { span, latencyNs } = real;
    // Two ways; what the broker takes comes on top, but is the smaller part.
    const oneWayNs = Math.max(10_000, Math.round(latencyNs / 2));
    const scenario = workload({ outage, seconds: SECONDS, oneWayNs, span });
    const columns = [
      { name: `Kafka ${kafkaVersion()}, ${clientName}`, figures: real.figures },
      { name: 'simulator (request)', figures: modelRun(scenario, span) },
      { name: 'simulated ports', figures: await portsRun(scenario, span) },
    ];
    const forS = (span.forNs / 1e9).toFixed(1);
    console.log(`\n# ${outage}: ${forS} s from ${(span.atNs / 1e9).toFixed(1)} s on, of ${SECONDS} s`);
    console.log(
      `a request takes ${(latencyNs / 1e6).toFixed(1)} ms on these brokers, so the model's network half of it a way\n`,
    );
    console.log(render(outage, columns));
  }
} finally {
  await topics.close();
  await cluster.end();
}
