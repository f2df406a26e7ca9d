// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { borderOf, BORDERS } from '../support/borders.js';
import { filesUnder, readRepositoryFile } from '../support/repository.js';

const WORKSPACES = [
  'chaincode',
  'crypto',
  'custodian',
  'fabric',
  'gateway-api',
  'ipfs-cluster',
  'network',
  'test',
];
const sources = WORKSPACES.flatMap((workspace) => filesUnder(`${workspace}/src`, '.ts'));

/** Where imports point: a specifier of a package, or `./` and the path of the file that a relative one names. */
function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readRepositoryFile(file), true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? `./${join(dirname(file), fileName)}` : fileName,
  );
}

describe('the borders of trust', () => {
  test.each(WORKSPACES)('imports of %s stay inside the table', (workspace) => {
    const crossings = sources
      .filter((file) => file.startsWith(`${workspace}/`))
      .flatMap((file) => {
        const border = borderOf(file);
        if (border === undefined) return [];
        return importsOf(file)
          .filter((target) => !border.may.some((allowed) => allowed.test(target)))
          .map((target) => `${file} imports ${target}, which ${border.from} may not`);
      });
    expect(crossings).toEqual([]);
  });

  test('a neighbour of every row is refused', () => {
    const refused: Readonly<Record<string, string>> = {
      'the domain': 'node:crypto',
      'the chaincode': '@tutela/crypto',
      crypto: '@tutela/chaincode/domain',
      'Fabric’s client': '@tutela/crypto',
      'the custodian': '@tutela/gateway-api',
      'the vault': '@tutela/chaincode/domain',
      'the gateway’s services': 'express',
      'the gateway’s routes': '@hyperledger/fabric-gateway',
      'the gateway': '@tutela/custodian',
      'the ground': '@tutela/gateway-api',
      'the tests': './chaincode/src/domain/ids.js',
    };
    for (const { from, may } of BORDERS) {
      expect(refused).toHaveProperty([from]);
      expect(may.some((allowed) => allowed.test(refused[from] ?? ''))).toBe(false);
    }
  });

  test('nothing but the tests imports what is for tests', () => {
    const leaks = sources
      .filter((file) => borderOf(file) !== undefined && !file.startsWith('test/'))
      .filter((file) => importsOf(file).some((target) => /(^|\/)testing(\/|$)/.test(target)));
    expect(leaks).toEqual([]);
  });

  test('the environment is read by config/env.ts, by the two sides of the ground, and by programs alone', () => {
    const readers = sources
      .filter((file) => borderOf(file) !== undefined && readRepositoryFile(file).includes('process.env'))
      .filter(
        (file) =>
          !/\/(config\/)?env\.ts$|main\.ts$|^chaincode\/src\/server\.ts$|^network\/src\/|^test\/src\//.test(
            file,
          ),
      );
    expect(readers).toEqual([]);
  });
});

describe('the shape of every source', () => {
  test('begins with its licence', () => {
    const unmarked = sources.filter(
      (file) => !readRepositoryFile(file).startsWith('// SPDX-License-Identifier: Apache-2.0\n'),
    );
    expect(unmarked).toEqual([]);
  });

  test('has a kebab-case name and at most 400 lines', () => {
    const odd = sources.filter(
      (file) =>
        !/\/[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(file) ||
        readRepositoryFile(file).split('\n').length > 401,
    );
    expect(odd).toEqual([]);
  });

  test('switches off no check', () => {
    const marks = ['eslint' + '-disable', '@ts' + '-ignore', '@ts' + '-nocheck', '@ts' + '-expect-error'];
    const silenced = sources.filter((file) => marks.some((mark) => readRepositoryFile(file).includes(mark)));
    expect(silenced).toEqual([]);
  });
});
