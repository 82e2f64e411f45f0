import type { Clock } from '../ports.ts';
import { CLASSES, DROP_CAUSES, type DropCause, type ServiceClass } from '../record.ts';

export interface DiskSpillOptions {
  /** Of this process alone; made when it is missing. While another process holds it, nothing is spilled. */
  readonly directory: string;
  /** Most bytes on disk. Default 256 MiB, a guess. */
  readonly bytesMax?: number;
  /** Which classes are worth the disk. Default `high`. */
  readonly classes?: readonly ServiceClass[];
  /**
   * Which drops become spills. Default: those for want of room or time, none of which says that the cluster won't have
   * the record: `buffer-full`, `evicted`, `expired`, `closed`.
   */
  readonly causes?: readonly DropCause[];
  /**
   * `power-cut` (default): a record counts as stored once the disk has it, by one `fdatasync` for all that have gathered
   * while the last one ran. `process-crash`: once the system has it; a power cut then takes the last seconds.
   */
  readonly survives?: 'power-cut' | 'process-crash';
  /** Size at which a file ends: space is given back by the file. Default 8 MiB, a guess; at most a quarter of `bytesMax`. */
  readonly segmentBytesMax?: number;
  /** Memory for records on their way to disk. More in one go drop as without a spill. Default 4 MiB, a guess. */
  readonly queueBytesMax?: number;
  /** Memory for records on their way back, until they are settled. Default 4 MiB, a guess. */
  readonly replayBytesMax?: number;
  /** Older records are not sent any more, ms. Default 7 days (AK `retention.ms`). */
  readonly ageMaxMs?: number;
  readonly clock?: Clock;
}

const MIB = 1_048_576;

export type DiskSpillSettings = Required<Omit<DiskSpillOptions, 'clock'>>;

/** Throws a RangeError that names the option, what was expected and what came. */
export function diskSpillSettings(options: DiskSpillOptions): DiskSpillSettings {
  const { directory, bytesMax = 256 * MIB } = options;
  const settings: DiskSpillSettings = {
    directory,
    bytesMax,
    classes: options.classes ?? ['high'],
    causes: options.causes ?? ['buffer-full', 'evicted', 'expired', 'closed'],
    survives: options.survives ?? 'power-cut',
    segmentBytesMax: Math.min(options.segmentBytesMax ?? 8 * MIB, Math.floor(bytesMax / 4)),
    queueBytesMax: options.queueBytesMax ?? 4 * MIB,
    replayBytesMax: options.replayBytesMax ?? 4 * MIB,
    ageMaxMs: options.ageMaxMs ?? 7 * 86_400_000,
  };
  if (typeof directory !== 'string' || directory === '') fail('directory', 'a path', directory);
  oneOf('survives', settings.survives, ['power-cut', 'process-crash']);
  for (const each of settings.classes) oneOf('classes', each, CLASSES);
  for (const each of settings.causes) oneOf('causes', each, DROP_CAUSES);
  for (const name of ['bytesMax', 'segmentBytesMax', 'queueBytesMax', 'replayBytesMax', 'ageMaxMs'] as const) {
    if (!(settings[name] >= 1)) fail(name, 'a number ≥ 1', settings[name]);
  }
  // Marks hold 32 bits.
  if (settings.segmentBytesMax > 1_024 * MIB) fail('segmentBytesMax', 'at most 1 GiB', settings.segmentBytesMax);
  return settings;
}

function oneOf(option: string, value: unknown, known: readonly unknown[]): void {
  if (!known.includes(value)) fail(option, `one of ${known.join(', ')}`, value);
}

function fail(option: string, expected: string, got: unknown): never {
  throw new RangeError(`diskSpill: ${option}: expected ${expected}, got ${String(got)}`);
}
