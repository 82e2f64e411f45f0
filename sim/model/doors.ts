/**
 * The doors between the rooms of the world: what the router fleet may ask of clusters and what clusters answer, so
 * that neither knows the other's insides. Partitions and brokers are numbered once over the whole world.
 */

export const FETCH_OK = 0;
/** The broker is stopped or unreachable, or stopped while the fetch waited. */
export const FETCH_DISCONNECTED = 2;

/** Hears the answers of fetches. */
export interface FetchListener {
  /**
   * Exactly one answer for each fetch, told when the answer leaves the broker or sooner; it leaves at `departNs` ≥ now
   * and still has to travel. OK: [fromOffset, toOffset) was read, empty when the wait ran out.
   */
  onFetched(
    consumer: number,
    status: number,
    fromOffset: number,
    toOffset: number,
    bytes: number,
    departNs: number,
  ): void;
  /**
   * The answer instead, when the offset is not in the log: retention has passed this consumer, or the offset lay in a tail
   * that went with its leader. `logStart` is the first offset from there on that is left, `logEnd` the end that a reset to
   * the latest goes to: behind a lost tail nothing is passed over, and both are one.
   */
  onOutOfRange(consumer: number, fromOffset: number, logStart: number, logEnd: number, departNs: number): void;
}

/** A leader's fetch door. Called when the fetch has reached the broker. Hot path: positional on purpose. */
export interface FetchDoor {
  fetch(
    consumer: number,
    partition: number,
    fromOffset: number,
    bytesMin: number,
    bytesMax: number,
    waitNs: number,
  ): void;
}

export const PRODUCED = 0;
export const PRODUCE_DISCONNECTED = 2;

/** A leader's produce door for writers that aren't producers of the fleet: routers that write to consumer Kafka. */
export interface ProduceDoor {
  /** The request has reached the broker now. Answers through `onProduced`; never answers if the broker stops while it waits. */
  produce(
    writer: number,
    partition: number,
    records: number,
    bytes: number,
    firstCreatedNs: number,
    lastCreatedNs: number,
  ): void;
}

export interface ProduceListener {
  /** The answer leaves the broker at `departNs` ≥ now and still has to travel. */
  onProduced(writer: number, status: number, departNs: number): void;
}

/** What the fleet may see of a partition's log. */
export interface LogView {
  /** Reads what `visit` may read, to have it in cache. What it answers means nothing. */
  foresee(): number;
  /** End of the log at the time, appends dated after it not counted. */
  endOffsetAt(atNs: number): number;
  startOffset(): number;
  /** Below it everything is forgotten, as nobody could still need it. */
  knownFromOffset(): number;
  /** Records of [from, to) that are second copies of a record stored before. */
  duplicatesIn(from: number, to: number): number;
  /**
   * Calls back for each stretch of [from, to) with the times at which its first and last record were offered by the
   * application (records between are evenly spread).
   */
  visit(from: number, to: number, each: (records: number, firstCreatedNs: number, lastCreatedNs: number) => void): void;
}
