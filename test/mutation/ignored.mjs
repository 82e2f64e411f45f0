/**
 * What is not mutated, and why. An invariant says what cannot happen: while it holds, a run without it is the same, and its
 * message is for people. `foresee` only reads, to have memory in the processor's cache.
 */
export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'no-behaviour',
    value: {
      shouldIgnore(path) {
        if (
          path.isCallExpression() &&
          path.node.callee.type === 'Identifier' &&
          path.node.callee.name === 'invariant'
        ) {
          return 'an invariant: nothing but its failure would show, and it never fails';
        }
        if (path.isClassMethod() && path.node.key.type === 'Identifier' && path.node.key.name === 'foresee') {
          return 'reads ahead for the cache: no result depends on it';
        }
        return undefined;
      },
    },
  },
];
