import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/** Of Kafka's protocol: position and value of the API key in a request, after four bytes of length. */
const API_KEY_AT = 4;
const PRODUCE = 0;
const WATCH_MS = 200;
/** kafkajs's own. */
const KEEP_ALIVE_MS = 60_000;

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** When the oldest question that nothing was heard after was written, ms; null when there is none. */
  askedAtMs: number | null;
}

/**
 * The connections of one kafkajs client, for what kafkajs does not do by itself: notice that a broker which accepts
 * connections answers nothing, and leave it. Until somebody does, kafkajs asks it for metadata, again and again, and
 * everything waits. A produce request may take its time (followers are waited for); other requests may not.
 */
export class Sockets {
  readonly #silenceMs: number;
  readonly #open = new Set<Connection>();
  #watch: NodeJS.Timeout | null = null;
  #breaks = 0;

  constructor({ silenceMs }: { silenceMs: number }) {
    this.#silenceMs = silenceMs;
  }

  /** Connections that have ended so far. What was in flight on them may have been written. */
  get breaks(): number {
    return this.#breaks;
  }

  /** For `socketFactory` of kafkajs's configuration. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket =
      ssl === undefined || ssl === null || (ssl as unknown) === false
        ? connect({ host, port }, onConnect)
        : connectTls(
            { host, port, ...(isIP(host) ? {} : { servername: host }), ...(ssl as ConnectionOptions) },
            onConnect,
          );
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#follow({ socket, address: `${host}:${port}`, askedAtMs: null });
    return socket;
  };

  /** Ends the connections to a broker; kafkajs then rejects what is in flight there and asks where the leaders are. */
  breakOff(address: string, cause: Error): void {
    for (const { socket, address: here } of this.#open) if (here === address) socket.destroy(cause);
  }

  breakAll(cause: Error): void {
    for (const { socket } of this.#open) socket.destroy(cause);
  }

  /** Bytes written for the broker that the kernel has not taken: they are in this process's memory. */
  bufferedBytes(address: string): number {
    let bytes = 0;
    for (const { socket, address: here } of this.#open) if (here === address) bytes += socket.writableLength;
    return bytes;
  }

  #follow(connection: Connection): void {
    const { socket } = connection;
    const write = socket.write;
    // kafkajs writes each request by one call.
    socket.write = function (this: Socket, ...args: unknown[]): boolean {
      const [data] = args;
      const produces =
        Buffer.isBuffer(data) && data.length > API_KEY_AT + 2 && data.readInt16BE(API_KEY_AT) === PRODUCE;
      if (!produces) connection.askedAtMs ??= performance.now();
      return Reflect.apply(write, this, args) as boolean;
    } as typeof socket.write;
    this.#open.add(connection);
    socket.on('data', () => {
      connection.askedAtMs = null;
    });
    socket.once('close', () => {
      this.#breaks++;
      this.#open.delete(connection);
      if (this.#open.size === 0 && this.#watch !== null) {
        clearInterval(this.#watch);
        this.#watch = null;
      }
    });
    this.#watch ??= setInterval(() => this.#leaveSilent(), WATCH_MS).unref();
  }

  #leaveSilent(): void {
    const limitMs = performance.now() - this.#silenceMs;
    for (const { socket, address, askedAtMs } of this.#open) {
      if (askedAtMs !== null && askedAtMs < limitMs) {
        socket.destroy(new Error(`${address} has not answered for ${this.#silenceMs} ms`));
      }
    }
  }
}
