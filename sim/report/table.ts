/** Plain columns: the first to the left, all others to the right. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Room for the whole line; the first column gives way, its text cut with an ellipsis. */
  readonly columns: number;
  readonly indent?: string;
}

export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? '…'.slice(0, width) : `${text.slice(0, width - 1)}…`;
}

const GAP = 2;
const FIRST_MIN = 8;

export function table({ head, rows, columns, indent = '  ' }: Table): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const others = widths.slice(1).reduce((sum, width) => sum + width + GAP, 0);
  widths[0] = Math.min(widths[0], Math.max(FIRST_MIN, columns - indent.length - others));
  const line = (cells: readonly string[]): string =>
    indent +
    cells
      .map((cell, column) =>
        column === 0 ? cut(cell, widths[0]).padEnd(widths[0]) : cell.padStart(widths[column] + GAP),
      )
      .join('')
      .trimEnd();
  return [line(head), ...rows.map(line)];
}

/** Breaks a text at blanks so that no line is longer than `columns`, unless a single word is. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}
