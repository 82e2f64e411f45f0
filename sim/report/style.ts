import { styleText } from 'node:util';

/** How parts of a text are set off. Plain when nobody asked for colour, so that a pipe gets text and nothing else. */
export interface Style {
  heading(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  faint(text: string): string;
}

const identity = (text: string): string => text;

export const PLAIN: Style = { heading: identity, good: identity, bad: identity, warn: identity, faint: identity };

type Format = Parameters<typeof styleText>[0];

// The decision for colour was taken by the caller: newer Nodes would otherwise look at process.stdout themselves.
const paint =
  (format: Format) =>
  (text: string): string =>
    styleText(format, text, { validateStream: false });

export const COLOURED: Style = {
  heading: paint('bold'),
  good: paint(['bold', 'green']),
  bad: paint(['bold', 'red']),
  warn: paint('yellow'),
  faint: paint('dim'),
};
