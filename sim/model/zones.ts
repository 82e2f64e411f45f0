/** Which zone of its region a broker stands in, by their numbers: brokers go round the zones, so that neighbours are apart. */
export function zoneOfBroker(broker: number, zones: number): number {
  return broker % zones;
}
