/**
 * One process a directory: a file that names who holds it. A holder that is dead loses it to the next who asks: on the
 * same machine by its process id and start time, on another by the age of the file, which a live holder keeps touching.
 */
import { link, readdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const NAME = 'lock';
/** A holder touches its lock well within this time. */
const STALE_MS = 60_000;
export const TOUCH_MS = 15_000;

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process started, as its system tells it; empty where it doesn't. Tells a process from one that got its id later. */
  readonly started: string;
}

/** Paths that this process holds: its own id in a lock says nothing otherwise, as ids repeat in containers. */
const held = new Set<string>();
let attempts = 0;

export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/** @throws LockedError while another holds it */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, NAME);
  if (held.has(path)) throw new LockedError(`${directory} is in use by this process`);
  held.add(path);
  try {
    const lock = new DirectoryLock(path, await acquire(path));
    await sweep(directory);
    return lock;
  } catch (cause) {
    held.delete(path);
    throw cause;
  }
}

export class DirectoryLock {
  readonly #path: string;
  readonly #text: string;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** Says that its holder lives. @throws LockedError when it is another's: this process has slept too long */
  async touch(nowMs: number): Promise<void> {
    if (!(await this.#isMine())) throw new LockedError(`${this.#path} was taken over by another`);
    await utimes(this.#path, nowMs / 1_000, nowMs / 1_000);
  }

  async release(): Promise<void> {
    held.delete(this.#path);
    if (await this.#isMine()) await unlink(this.#path);
  }

  async #isMine(): Promise<boolean> {
    return (await readFile(this.#path, 'utf8').catch(() => '')) === this.#text;
  }
}

/** Answers what the lock says. */
async function acquire(path: string): Promise<string> {
  const me: Holder = { host: hostname(), pid: process.pid, started: await startOf(process.pid) };
  const mine = `${path}.${process.pid}.${attempts++}`;
  const said = JSON.stringify({ ...me, lock: attempts });
  await writeFile(mine, said);
  try {
    if (await linked(mine, path)) return said;
    const text = await readFile(path, 'utf8').catch(() => '');
    if (!(await isStale(path, text))) throw new LockedError(`${path} is held: ${text}`);
    // Moved away under a name of its own, so that of two who find it stale one gets it.
    const grave = `${mine}.stale`;
    await rename(path, grave);
    const buried = await readFile(grave, 'utf8');
    // Another was faster, and this is its lock: it gets it back.
    if (buried !== text) await link(grave, path).catch(() => {});
    await unlink(grave);
    if (buried !== text || !(await linked(mine, path))) throw new LockedError(`${path} was taken over by another`);
    return said;
  } finally {
    await unlink(mine).catch(() => {});
  }
}

/** Deletes what processes have left that were killed on their way to the lock. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^lock\.(\d+)\./.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await unlink(join(directory, name)).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** A link appears whole or not at all, and never over another file. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

async function isStale(path: string, text: string): Promise<boolean> {
  let holder: Holder;
  try {
    holder = JSON.parse(text) as Holder;
  } catch {
    // Locks appear whole: this one was torn by a power cut.
    return true;
  }
  if (holder.host !== hostname()) {
    const { mtimeMs } = await stat(path);
    return Date.now() - mtimeMs > STALE_MS;
  }
  // This process does not hold it, or it would not have come here.
  if (holder.pid === process.pid) return true;
  return !isAlive(holder.pid) || holder.started !== (await startOf(holder.pid));
}

/** Field 22 of Linux's `/proc/<pid>/stat`, in ticks since boot; empty on other systems. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program comes second, in parentheses, and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Dead, and its parent has not asked yet.
  return fields[0] === 'Z' ? 'dead' : (fields[19] ?? '');
}
