// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { currentCustody } from '../support/custody.js';
import { readRepositoryFile, repositoryDir } from '../support/repository.js';
import { useScene } from '../support/scene.js';

const TIMEOUT_MS = 60_000;
const scene = useScene();
// Nothing else of the product needs Python.
const testWithPython = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;

/** The commands of a section of a page of the documentation. */
function commandsOf(page: string, section: string): string {
  const text = readRepositoryFile(page).split(`## ${section}\n`)[1] ?? '';
  return /```sh\n(.*?)```/s.exec(text)?.[1] ?? '';
}

testWithPython(
  'the commands of docs/audit.md check this consortium’s own ceremony with the independent reader',
  async () => {
    const { consortium, home } = scene();
    const commands = commandsOf('docs/audit.md', 'Checking the own ceremonies')
      .replace('npx tutela', 'node network/bin/tutela.mjs')
      .replace('env alder', `env ${home.id}`);
    const { status, stderr, stdout } = spawnSync('sh', ['-e', '-c', commands], {
      cwd: repositoryDir,
      encoding: 'utf8',
      env: { ...process.env, TUTELA_STATE: consortium.processes.stateDir },
    });
    if (status !== 0) throw new Error(stderr);
    const { epoch, transcriptHash } = await currentCustody(home.administrator);
    expect(JSON.parse(stdout)).toEqual({ epoch, transcriptHash });
  },
  TIMEOUT_MS,
);
