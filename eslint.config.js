// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const sources = ['*/src/**/*.ts'];
const tests = ['*/src/**/*.test.ts', 'test/src/**/*.ts'];

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', '.tutela/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: sources,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      // A number in a message is what it looks like; everything else must be turned into text on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  // The domain's callers and every rule read time and environment from what they are given.
  {
    files: ['chaincode/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'chaincode/src/testing/**', 'chaincode/src/contracts/peer-clock.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes from the transaction.' },
        { object: 'Math', property: 'random', message: 'Nothing in the chaincode is random.' },
      ],
    },
  },
  // A describe block is a table of contents, not a function to read in one go.
  { files: tests, rules: { 'max-lines-per-function': 'off' } },
  // Jest asks for default exports here.
  { files: ['test/src/support/global-*.ts'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['**/*.{js,mjs,cjs}'], extends: [tseslint.configs.disableTypeChecked] },
);
