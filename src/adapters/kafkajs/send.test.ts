import type { Message, PartitionMetadata } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { asChosen, Send } from './send.ts';

const record = { key: null, value: Buffer.from('v'), timestampMs: 5 };
const partitionMetadata = [{ partitionId: 0, leader: 3 }] as PartitionMetadata[];
const choose = (message: Message) => asChosen()({ topic: 't', partitionMetadata, message });

describe('how far kafkajs has come with a call', () => {
  it('a check of the value is not yet sending, encoding it is', () => {
    const send = new Send({ partition: 0, records: [record, record] });
    expect(send.messages[0].value).toEqual(Buffer.from('v'));
    expect(send.left).toBe(false);
    expect(choose(send.messages[0])).toBe(0);
    expect([send.left, send.leader]).toEqual([false, 3]);
    expect({ ...send.messages[0] }.value).toEqual(Buffer.from('v'));
    expect(send.left).toBe(true);
    expect(send.cancel()).toBe(false);
  });

  it('nothing leaves after it was cancelled', () => {
    const send = new Send({ partition: 0, records: [record] });
    choose(send.messages[0]);
    expect(send.cancel()).toBe(true);
    expect(() => ({ ...send.messages[0] })).toThrow('given up');
    expect(send.left).toBe(false);
  });

  it('the next may go when it has left, or ended without', async () => {
    const one = new Send({ partition: 0, records: [record] });
    choose(one.messages[0]);
    void { ...one.messages[0] };
    await one.departed;
    const two = new Send({ partition: 0, records: [record] });
    two.end();
    await two.departed;
  });

  it('a partition that is not there is an error with a code, not nothing', () => {
    const send = new Send({ partition: 7, records: [record] });
    expect(() => choose(send.messages[0])).toThrow(expect.objectContaining({ code: 3 }));
  });

  it('bytes are not copied', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const [message] = new Send({ partition: 0, records: [{ key: bytes, value: null, timestampMs: 0 }] }).messages;
    expect((message.key as Buffer).buffer).toBe(bytes.buffer);
    expect([...(message.key as Buffer)]).toEqual([2, 3]);
  });
});
