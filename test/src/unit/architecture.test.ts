// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { borderOf, BORDERS } from '../support/borders.js';
import { filesUnder, readRepositoryFile, workspaces } from '../support/repository.js';

const sources = workspaces.flatMap((workspace) => filesUnder(`${workspace}/src`, '.ts'));

/** Where imports point: a specifier of a package, or `./` and the path of the file that a relative one names. */
function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readRepositoryFile(file), true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? `./${join(dirname(file), fileName)}` : fileName,
  );
}

describe('the borders of trust', () => {
  test.each(workspaces)('imports of %s stay inside the table', (workspace) => {
    const crossings = sources
      .filter((file) => file.startsWith(`${workspace}/`))
      .flatMap((file) => {
        const border = borderOf(file);
        if (border === undefined) return [];
        return importsOf(file)
          .filter((target) => !border.may.some(({ matches }) => matches.test(target)))
          .map((target) => `${file} imports ${target}, which is not allowed for ${border.from}`);
      });
    expect(crossings).toEqual([]);
  });

  test('a neighbour of every row is refused', () => {
    const refused: Readonly<Record<string, readonly string[]>> = {
      '`chaincode/src/domain`': ['node:crypto'],
      '`chaincode`': ['@tutela/crypto'],
      '`crypto/src/node.ts`': ['node:fs'],
      '`crypto/src/secrets.ts`': ['node:net'],
      '`crypto`': ['@tutela/chaincode/domain', 'node:crypto'],
      '`fabric`': ['@tutela/crypto'],
      "the custodian's `config` and `compose.ts`": ['@tutela/gateway-api'],
      '`custodian`': ['@tutela/gateway-api', '@tutela/crypto/secrets'],
      '`ipfs-cluster`': ['@tutela/chaincode/domain'],
      '`gateway-api/src/services`': ['express', '@tutela/ipfs-cluster', '@tutela/crypto/secrets'],
      '`gateway-api/src/http`': ['@hyperledger/fabric-gateway', '@tutela/crypto/secrets'],
      "the gateway's implementations of ports": ['./gateway-api/src/http/app.js', '@tutela/crypto/secrets'],
      '`gateway-api/src/config`': ['@tutela/custodian'],
      '`gateway-api`': ['@tutela/custodian', '@tutela/crypto/secrets'],
      '`network`': ['@tutela/gateway-api', '@tutela/crypto/secrets'],
      '`test`': ['./chaincode/src/domain/ids.js', '@tutela/crypto/secrets'],
    };
    expect(Object.keys(refused)).toEqual(BORDERS.map(({ from }) => from));
    const crossed = BORDERS.flatMap(({ from, may }) =>
      (refused[from] ?? []).filter((target) => may.some(({ matches }) => matches.test(target))),
    );
    expect(crossed).toEqual([]);
  });

  test('the table of docs/architecture.md is this one', () => {
    const rows = readRepositoryFile('docs/architecture.md').split('\n');
    const head = rows.findIndex((row) => /^\| from +\| may import +\|$/.test(row));
    const body = rows.slice(head + 2);
    const table = body.slice(0, body.indexOf('')).map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(table).toEqual(BORDERS.map(({ from, may }) => [from, may.map(({ words }) => words).join(', ')]));
  });

  test.each(['crypto', 'ipfs-cluster'])('%s imports no other package, in its tests neither', (workspace) => {
    const isForeign = (target: string): boolean =>
      /^\.\/|^@tutela\//.test(target) && !target.startsWith(`./${workspace}/`);
    const own = sources.filter((file) => file.startsWith(`${workspace}/`));
    expect(own.filter((file) => importsOf(file).some(isForeign))).toEqual([]);
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
