/**
 * How much longer messages take on a way that delays packets or loses some. They are TCP's: what is lost is sent again, so
 * loss shows as waiting. A message's last packets are missed only by a timer (RFC 6298): nothing after them tells the
 * receiver that they lack. What comes before them is at most as fast as a loss lets a connection be (RFC 5348 § 3.1, the
 * formula of Padhye, Firoiu, Towsley and Kurose 1998, which for rare losses is that of Mathis et al. 1997).
 */
import { DATA_RETRY_MAX_NS, DATA_RETRY_NS } from './retransmission.ts';

export interface BadWay {
  /** Share of packets that are lost, each by itself. */
  readonly loss: number;
  /** Added to each trip, ns. */
  readonly delayNs: number;
}

/** Payload of a packet: an Ethernet frame's 1,500 bytes without the headers of IP and TCP (RFC 9293 § 3.7.1). */
const PACKET_BYTES = 1_460;
/** With fewer packets after it a lost one is not told by three duplicate acknowledgements (RFC 5681 § 3.2). */
const TAIL_PACKETS = 3;
/** So often in a row at most (Linux `tcp_retries2`): then the connection is dead, as far as its users have waited. */
const LOSSES_MAX = 15;
const DRAWS = 4_294_967_296;

export interface Message {
  readonly bytes: number;
  /** There and back, all delays included. */
  readonly rttNs: number;
  /** 32 bits. */
  readonly draw: number;
}

/** How much longer the message takes, ns: 0 on a good way. */
export function longerNs({ loss, delayNs }: BadWay, { bytes, rttNs, draw }: Message): number {
  if (loss === 0) return delayNs;
  const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
  const u = ((draw >>> 0) + 0.5) / DRAWS;
  let losses = 0;
  for (let chance = tailLoss(packets, loss); u < chance && losses < LOSSES_MAX; chance *= loss) losses++;
  const bulkNs = Math.max(0, packets - TAIL_PACKETS) * packetNs(loss, rttNs);
  return delayNs + Math.round(bulkNs) + silenceNs(losses, rttNs);
}

/** What a message takes longer on average, ns. */
export function meanLongerNs({ loss, delayNs }: BadWay, { bytes, rttNs }: Omit<Message, 'draw'>): number {
  if (loss === 0) return delayNs;
  const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
  let meanNs = Math.max(0, packets - TAIL_PACKETS) * packetNs(loss, rttNs);
  let chance = tailLoss(packets, loss);
  for (let losses = 1; losses <= LOSSES_MAX; losses++, chance *= loss)
    meanNs += chance * (silenceNs(losses, rttNs) - silenceNs(losses - 1, rttNs));
  return delayNs + Math.round(meanNs);
}

/** Time a packet takes in the middle of much data, ns: 0 without loss. */
export function packetNs(loss: number, rttNs: number): number {
  const timeouts = timerNs(rttNs) * Math.min(1, 3 * Math.sqrt((3 * loss) / 8)) * loss * (1 + 32 * loss * loss);
  return rttNs * Math.sqrt((2 * loss) / 3) + timeouts;
}

/** Bytes a second that a connection gets through, in the middle of much data; Infinity without loss. */
export function bytesPerSecond(loss: number, rttNs: number): number {
  return loss === 0 ? Number.POSITIVE_INFINITY : (PACKET_BYTES * 1e9) / packetNs(loss, rttNs);
}

/** That one of the packets is lost of which only a timer tells. */
function tailLoss(packets: number, loss: number): number {
  let arrives = 1;
  for (let i = 0; i < Math.min(packets, TAIL_PACKETS); i++) arrives *= 1 - loss;
  return 1 - arrives;
}

/** The timer: a round trip, and what Linux waits beyond it at least (`TCP_RTO_MIN`). */
const timerNs = (rttNs: number): number => rttNs + DATA_RETRY_NS;

/** Until what was lost so often in a row is sent for the last time: each wait twice the one before. */
function silenceNs(losses: number, rttNs: number): number {
  let sumNs = 0;
  let waitNs = timerNs(rttNs);
  for (let i = 0; i < losses; i++, waitNs = Math.min(2 * waitNs, DATA_RETRY_MAX_NS)) sumNs += waitNs;
  return Math.round(sumNs);
}
