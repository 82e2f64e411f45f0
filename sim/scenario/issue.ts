/** What is wrong with a scenario, told so that it can be mended without reading the code. */

export interface ScenarioIssue {
  /** Where in the scenario: `producers.policy.linger`, `faults[0].at`; empty for the whole. */
  readonly path: string;
  /** The file that says so, and where in it (both from 1), when a file says so. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** What was given, as it should be printed. */
  readonly given: string;
  readonly expected: string;
  /** The valid key or name that was most likely meant. */
  readonly nearest?: string;
}

/** Bad input: nothing was built from it. Carries every issue that was found, not only the first. */
export class ScenarioError extends Error {
  readonly issues: readonly ScenarioIssue[];

  constructor(issues: readonly ScenarioIssue[]) {
    super(issues.map(formatIssue).join('\n'));
    this.name = 'ScenarioError';
    this.issues = issues;
  }
}

/** `run.yaml:3:9: producers.policy.lingr: unknown key; expected one of linger, batch; did you mean linger?` */
export function formatIssue(issue: ScenarioIssue): string {
  let where = issue.file ?? '';
  if (issue.line !== undefined) where += `${where === '' ? 'line ' : ':'}${issue.line}:${issue.column ?? 1}`;
  const head = [where, issue.path].filter((part) => part !== '').map((part) => `${part}: `);
  const hint = issue.nearest === undefined ? '' : `; did you mean ${issue.nearest}?`;
  return `${head.join('')}${issue.given}; expected ${issue.expected}${hint}`;
}

/** A value as it should be printed: texts in quotes, long lists and objects cut short. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** One step of a path: a key, or an index of a list. */
export type PathStep = string | number;

/** `['faults', 0, 'at']` → `faults[0].at`. */
export function formatPath(steps: readonly PathStep[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}

/** The inverse of `formatPath`; `faults.0.at` is understood as well. */
export function parsePath(path: string): PathStep[] {
  return path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
