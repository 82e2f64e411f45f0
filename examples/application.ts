/** For whoever writes an application: events leave without ever holding it up, and nothing gets lost without a count. */
import { createProducer, evictLower, type ProducerPort, type Receipt } from '../src/index.ts';

export async function application(port: ProducerPort, log = console.log): Promise<Receipt> {
  const producer = createProducer({ port, overflow: evictLower, classes: { 'billing.charge': 'high' } });
  producer.on('drop', ({ topic, cause, records }) => log(`${records} of ${topic} dropped: ${cause}`));
  // Returns at once, whether there is a cluster or not: false if the record was dropped.
  producer.send({ topic: 'playback.start', value: JSON.stringify({ title: 'Dark', device: 'tv' }) });
  producer.send({ topic: 'billing.charge', key: 'account 7', value: JSON.stringify({ cents: 999 }) });
  const receipt = await producer.close({ graceMs: 500 });
  log(`${receipt.delivered} of ${receipt.offered} delivered; every record accounted for: ${receipt.balanced}`);
  return receipt;
}
