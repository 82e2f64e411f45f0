/** A place in the network. */
export type PlaceSpec =
  /** All that the other place of a pair is not. */
  | { readonly kind: 'rest' }
  /** Its brokers, applications and routers. */
  | { readonly kind: 'zone'; readonly region: string; readonly zone: number }
  /** Of one zone; of all where that is null. */
  | { readonly kind: 'applications' | 'routers'; readonly region: string; readonly zone: number | null }
  /** Its brokers and its controller. */
  | { readonly kind: 'cluster'; readonly cluster: string }
  /** What brokers have their sessions with: ZooKeeper and the controller, or the KRaft quorum. In no zone: it spans them. */
  | { readonly kind: 'controller'; readonly cluster: string }
  | { readonly kind: 'broker'; readonly cluster: string; readonly broker: number }
  /** One that isn't Kafka. */
  | { readonly kind: 'sink'; readonly sink: string };

/** Packets from one place to another are late, or some are lost. */
export interface NetworkQualitySpec {
  readonly kind: 'network-loss' | 'network-delay';
  readonly atNs: number;
  readonly forNs: number;
  readonly from: PlaceSpec;
  readonly to: PlaceSpec;
  /** Whether what `to` sends to `from` is as ever. */
  readonly oneWay: boolean;
  /** Share of packets; 0 for a delay. */
  readonly loss: number;
  /** Added to each trip; 0 for a loss. */
  readonly delayNs: number;
}

export type NetworkFaultSpec =
  | {
      /** What `from` sends to `to` is lost. */
      readonly kind: 'network-partition';
      readonly atNs: number;
      readonly forNs: number;
      readonly from: PlaceSpec;
      readonly to: PlaceSpec;
      /** Whether what `to` sends to `from` still arrives. */
      readonly oneWay: boolean;
    }
  | NetworkQualitySpec
  | {
      /** First questions for the cluster's metadata don't get through. */
      readonly kind: 'metadata-away';
      readonly atNs: number;
      readonly forNs: number;
      readonly cluster: string;
      readonly how: 'refused' | 'silent';
    };
