// SPDX-License-Identifier: Apache-2.0
// Finds circles. Which package may import which is decided by test/src/support/borders.ts alone.

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Dependencies have one direction.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
