/** How a batch's attempt ended, as the driver tells the core. Small integers: they cross the hot path. */

/** Written; the acknowledgements asked for are in. With acks 0: handed to the network. */
export const OUTCOME_OK = 0;
/** Refused, surely not written; may go again after a back-off. */
export const OUTCOME_REFUSED_RETRY = 1;
/** Refused, surely not written, because the leader is elsewhere: refresh metadata, then again. */
export const OUTCOME_REFUSED_METADATA = 2;
/** Refused, surely not written, and no retry mends it. */
export const OUTCOME_REFUSED_FATAL = 3;
/** No answer: time-out, or the connection broke after the request left. It may have been written. */
export const OUTCOME_UNKNOWN = 4;
/** No connection could be made: nothing left this process. Doesn't count as an attempt. */
export const OUTCOME_UNREACHABLE = 5;

export type Outcome = 0 | 1 | 2 | 3 | 4 | 5;

/** Fates told through `ended`. */
export const FATE_DELIVERED = 0;
/** Sent, no answer, given up: it may be in a log or not. */
export const FATE_UNKNOWN = 1;
