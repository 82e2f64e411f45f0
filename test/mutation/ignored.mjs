/**
 * What is not mutated, and why. An invariant says what cannot happen: while it holds, a run without it is the same, and its
 * message is for people. `foresee` only reads, to have memory in the processor's cache. Column 0 of a table is at + 0:
 * at − 0 is the same place.
 */

/** `at + HEAD`, where `HEAD` is a constant of the module that is 0. Nothing else can be mutated inside. */
function isColumnNought(path) {
  if (!path.isBinaryExpression({ operator: '+' })) return false;
  const { left, right } = path.node;
  if (left.type !== 'Identifier' || right.type !== 'Identifier') return false;
  const binding = path.scope.getBinding(right.name);
  if (binding?.kind !== 'const' || !binding.path.isVariableDeclarator()) return false;
  const { init } = binding.path.node;
  return init?.type === 'NumericLiteral' && init.value === 0;
}

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
        if (isColumnNought(path)) return 'column 0 of a table: at − 0 is at + 0';
        return undefined;
      },
    },
  },
];
