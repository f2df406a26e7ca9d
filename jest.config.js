// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

// Fabric's decorators would otherwise print a line for every transaction of every test file.
process.env['CORE_CHAINCODE_LOGGING_LEVEL'] ??= 'error';

const { workspaces } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const packages = workspaces.filter((name) => name !== 'test');

const transform = (decorators) => ({
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        parser: { syntax: 'typescript', decorators },
        transform: { legacyDecorator: decorators, decoratorMetadata: decorators },
        target: 'es2023',
      },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
});

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transformIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.tutela/'],
};

// On the compiled product: it is what ships.
const compiled = { ...shared, moduleNameMapper: {}, transform: {} };

// Suites that bring up their own ground: they run beside those that share a consortium.
const apart = ['e2e/ground', 'faults/partition', 'faults/storage-*', 'security/joining'];

export default {
  // Jest would leave a core to itself, of which a small machine has two.
  maxWorkers: '100%',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      transform: transform(true),
      testMatch: [
        ...packages.map((name) => `<rootDir>/${name}/src/**/*.test.ts`),
        '<rootDir>/test/src/{unit,byzantine}/**/*.test.ts',
      ],
    },
    {
      ...compiled,
      displayName: 'e2e',
      globalSetup: '<rootDir>/test/dist/support/global-setup.js',
      globalTeardown: '<rootDir>/test/dist/support/global-teardown.js',
      testMatch: [
        '<rootDir>/test/dist/{e2e,security,faults}/**/*.test.js',
        ...apart.map((suites) => `!**/test/dist/${suites}.test.js`),
      ],
    },
    {
      ...compiled,
      displayName: 'apart',
      testMatch: apart.map((suites) => `<rootDir>/test/dist/${suites}.test.js`),
    },
  ],
  testTimeout: 120_000,
};
