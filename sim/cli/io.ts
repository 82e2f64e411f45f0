/** The doors between a command and its process, so that tests can stand in for the terminal, the clock and Ctrl-C. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Width of the terminal; 80 in a pipe. */
  readonly columns: number;
  /** Whether standard output takes colour. */
  readonly colour: boolean;
  nowMs(): number;
  peakRssBytes(): number;
  /** Lets signals in between two slices of work. */
  turn(): Promise<void>;
  /** Calls back once, at the first Ctrl-C; a second one ends the process at once. Returns what takes the callback off. */
  onInterrupt(callback: () => void): () => void;
}

/** The real process. */
export function processIo(): Io {
  let readerGone = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `spillway … | head` is not a failure: whoever read has had enough, and the exit code stays what the run earned.
    if (error.code !== 'EPIPE') throw error;
    readerGone = true;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const outIsTerminal = process.stdout.isTTY === true;
  const noColour = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return {
    out: (text) => {
      if (!readerGone) process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    outIsTerminal,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? process.stderr.columns ?? 80,
    colour: outIsTerminal && !noColour,
    nowMs: () => performance.now(),
    // maxRSS comes in kilobytes on every platform that Node runs on.
    peakRssBytes: () => process.resourceUsage().maxRSS * 1024,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    onInterrupt: (callback) => {
      process.once('SIGINT', callback);
      return () => process.off('SIGINT', callback);
    },
  };
}
