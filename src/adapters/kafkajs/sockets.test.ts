import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sockets } from './sockets.ts';

/** A request's first bytes: length, API key. */
const request = (apiKey: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32BE(8);
  bytes.writeInt16BE(apiKey, 4);
  return bytes;
};
const PRODUCE = 0;
const METADATA = 3;

describe('connections of a kafkajs client', () => {
  let server: Server;
  let port: number;
  let answers: boolean;
  let socket: Socket;
  const silenceMs = 300;
  let sockets: Sockets;
  const error = () => once(socket, 'error') as Promise<[Error]>;

  beforeEach(async () => {
    answers = false;
    server = createServer((each) => {
      each.on('data', () => answers && each.write('answer'));
      each.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    sockets = new Sockets({ silenceMs });
    await new Promise<void>((resolve) => {
      socket = sockets.factory({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: resolve });
    });
  });

  afterEach(() => {
    sockets.breakAll(new Error('end'));
    socket.on('error', () => {});
    server.close();
  });

  it('leaves one that does not answer a question, and counts that', async () => {
    socket.write(request(METADATA));
    expect((await error())[0].message).toContain('has not answered');
    await sleep(0);
    expect(sockets.breaks).toBe(1);
  });

  it('stays where questions are answered, and where only records were sent', async () => {
    socket.on('error', () => expect.unreachable());
    socket.write(request(PRODUCE));
    await sleep(3 * silenceMs);
    answers = true;
    socket.on('data', () => {});
    socket.write(request(METADATA));
    await sleep(3 * silenceMs);
    expect(sockets.breaks).toBe(0);
    socket.removeAllListeners('error');
  });

  it('breaks off from one address alone', async () => {
    sockets.breakOff('127.0.0.1:1', new Error('other'));
    await sleep(20);
    expect(sockets.breaks).toBe(0);
    const told = error();
    sockets.breakOff(`127.0.0.1:${port}`, new Error('this'));
    expect((await told)[0].message).toBe('this');
  });
});
