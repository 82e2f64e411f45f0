/** When TCP sends again what nobody has acknowledged, and when it gives up. */

/** First wait of a request for a connection; each is twice the one before (Linux `TCP_TIMEOUT_INIT`, RFC 6298). */
const CONNECT_RETRY_NS = 1_000_000_000;
/** AK `socket.connection.setup.timeout.ms`; before Kafka 2.7 it was the system's, longer. */
const CONNECT_TIMEOUT_NS = 10_000_000_000;
/** First wait of data within a region: the least that Linux allows (`TCP_RTO_MIN`), as trips take far less; then doubled. */
export const DATA_RETRY_NS = 200_000_000;
/** Longest wait (Linux `TCP_RTO_MAX`). */
export const DATA_RETRY_MAX_NS = 120_000_000_000;
/** When the sender's system takes the connection for dead: after 15 times (Linux `net.ipv4.tcp_retries2`, ip-sysctl: 924.6 s). */
const DATA_TIMEOUT_NS = 924_600_000_000;
/** The same if the application has closed it meanwhile: after 8 times (`tcp_orphan_retries` 0, which means 8). */
const ORPHAN_TIMEOUT_NS = 102_200_000_000;

/** When a client's system tries an unanswered connection again that was asked for at `sentNs`; Infinity once it gives up. */
export function connectAgainNs(sentNs: number, nowNs: number): number {
  if (nowNs >= sentNs + CONNECT_TIMEOUT_NS) return Infinity;
  let waitNs = CONNECT_RETRY_NS;
  while (sentNs + waitNs <= nowNs) waitNs = 2 * waitNs + CONNECT_RETRY_NS;
  return sentNs + Math.min(waitNs, CONNECT_TIMEOUT_NS);
}

/** The first time after `nowNs` at which data first sent at `sentNs` is sent again. */
export function sentAgainNs(sentNs: number, nowNs: number): number {
  let atNs = sentNs;
  for (let waitNs = DATA_RETRY_NS; atNs <= nowNs; waitNs = Math.min(2 * waitNs, DATA_RETRY_MAX_NS)) atNs += waitNs;
  return atNs;
}

/** When a system gives up sending again: sooner if its application has closed the connection. */
export function sendingEndsNs(sentNs: number, { closed }: { closed: boolean }): number {
  return sentNs + (closed ? ORPHAN_TIMEOUT_NS : DATA_TIMEOUT_NS);
}
