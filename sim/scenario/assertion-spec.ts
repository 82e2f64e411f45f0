/** What must hold after a run, resolved. Part of `Scenario`. */
import type { AlertRuleName } from '../../src/audit/alert-rules.ts';

export type AssertionSpec =
  | {
      readonly metric: 'loss' | 'duplicates';
      readonly sink: string | null;
      readonly atMost: number;
      readonly as: 'records' | 'fraction';
    }
  | {
      readonly metric: 'lag';
      readonly sink: string;
      readonly atMost: number;
      readonly as: 'records' | 'seconds';
      readonly when: 'max' | 'end';
    }
  | {
      readonly metric: 'latency';
      readonly sink: string;
      readonly quantile: 'mean' | 'p50' | 'p99' | 'p999' | 'max';
      readonly atMostMs: number;
    }
  | {
      readonly metric: 'cpu';
      readonly quantile: 'mean' | 'p99' | 'max';
      /** Null: all. */
      readonly region: string | null;
      readonly atMost: number;
    }
  | { readonly metric: 'dropped'; readonly atMost: number; readonly as: 'records' | 'fraction' }
  /** Of a migration: records that only one of the two pipelines delivered. */
  | {
      readonly metric: 'only';
      readonly pipeline: 'old' | 'new';
      readonly atMost: number;
      readonly as: 'records' | 'fraction';
    }
  | {
      readonly metric: 'alert';
      readonly rule: AlertRuleName;
      /** Topic, `topic → sink` or cluster; null: all. */
      readonly subject: string | null;
      readonly bound: /** Every time it should be raised it is, so long after the ledger knows. */
        | { readonly kind: 'raised-within'; readonly ns: number }
        /** It is over so long after the ledger says so. */
        | { readonly kind: 'cleared-within'; readonly ns: number }
        | { readonly kind: 'never' };
    };
