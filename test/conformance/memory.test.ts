import { MemoryCluster } from './memory-cluster.fixture.ts';
import { producingConformance } from './producing.ts';

const cluster = new MemoryCluster();

/** The suite itself, where no broker is: what passes on real ones passes here. */
producingConformance(
  'a cluster in memory',
  (options) => cluster.port(options),
  () => cluster,
);
