/** A scenario in YAML, with the place of every key and value, so that errors can name a line. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type PathStep, ScenarioError } from './issue.ts';
import { isTree, type Tree } from './merge.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlSource {
  readonly tree: Tree;
  /** Where the path is written: the key itself, or the item of a list; undefined if this text does not state it. */
  placeOf(path: readonly PathStep[]): Place | undefined;
}

/** Parses; malformed YAML and anything but a map at the top throw a `ScenarioError` with line and column. */
export function parseYaml(source: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, strict: true, merge: false });
  if (document.errors.length > 0) {
    throw new ScenarioError(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return {
          path: '',
          file,
          line,
          column: col,
          given: `malformed YAML: ${error.message}`,
          expected: 'valid YAML 1.2',
        };
      }),
    );
  }
  const tree: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isTree(tree)) {
    const given = Array.isArray(tree) ? 'a list' : `the text ${JSON.stringify(tree)}`;
    throw new ScenarioError([
      { path: '', file, line: 1, column: 1, given, expected: 'a map of settings, such as `run:`' },
    ]);
  }
  const placeOf = (path: readonly PathStep[]): Place | undefined => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        if (pair === undefined) return undefined;
        offset = (pair.key as { range?: [number, number, number] }).range?.[0];
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        if (node === undefined) return undefined;
        offset = (node as { range?: [number, number, number] }).range?.[0];
      } else {
        return undefined;
      }
    }
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return { tree, placeOf };
}
