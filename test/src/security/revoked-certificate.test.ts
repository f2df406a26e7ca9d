// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { declare, grant, personGrantee } from '../support/clinic.js';
import { repositoryDir } from '../support/repository.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';

const run = promisify(execFile);

describe('a revoked certificate', () => {
  const scene = useScene();

  test('attack 5: is refused on the channel, and a colleague’s is not', async () => {
    const { away, consortium, patient, physician, record } = scene();
    const [doctor, colleague] = await Promise.all([
      consortium.person(away, 'physician'),
      consortium.person(away, 'physician'),
    ]);
    const reading = { patient, recordId: record.recordId };
    for (const person of [doctor, colleague]) {
      const grantee = personGrantee(away.mspId, person);
      await grant(physician, patient, { grantee, categories: ['laboratory'] });
      await declare(person, reading);
    }
    const tutela = [
      join(repositoryDir, 'network', 'bin', 'tutela.mjs'),
      '--state',
      consortium.processes.stateDir,
    ];
    await run(process.execPath, [...tutela, 'crl', away.id, '--revoke', doctor.practitionerId]);
    const refusal = await refusalOf(declare(doctor, reading));
    expect(refusal).toMatchObject({ status: 403, code: 'CALLER_UNKNOWN' });
    await declare(colleague, reading);
  });
});
