/** What a core asks its driver to do, and tells it. Called synchronously; must not call back into the core. */
export interface ProducerEffects {
  /**
   * Hand this request to the network; `core.requests` lists its batches. Answer it exactly once, by `onResult` or
   * `abandon`, however late: its slots live until then.
   */
  send(request: number, producer: number, broker: number): void;
  /** n records known to be in no log. `cause` indexes DROP_CAUSES; `batch` is −1 when they were never admitted. */
  dropped(stream: number, n: number, cause: number, batch: number): void;
  /** A batch has ended otherwise: `fate` is FATE_DELIVERED or FATE_UNKNOWN. */
  ended(batch: number, stream: number, n: number, fate: number): void;
  /** The batch's slot is about to be reused: forget what is kept for it. */
  freed(batch: number): void;
  /** The stream's view is missing or stale. May come often; how often to ask the cluster is the driver's business. */
  refreshMetadata(producer: number, stream: number): void;
}
