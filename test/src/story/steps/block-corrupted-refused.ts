// SPDX-License-Identifier: Apache-2.0
import { grant, openOnly, personGrantee, readAudit, storeRecord } from '../../support/clinic.js';
import { flipBlocks, readBlock, restoreBlocks } from '../../support/disk-blocks.js';
import { manifestOf } from '../../support/insider.js';
import { patternBytes } from '../../support/fixtures.js';
import { refusalOf } from '../../support/rest-problem.js';
import { waitFor } from '../../support/wait.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

const SIZE = 200_000;
const DAY_MS = 24 * 3_600_000;

export const blockCorruptedRefused: Step = {
  name: 'block-corrupted-refused',
  tells:
    'bytes flipped on one disk are healed from another; flipped on every disk they are refused and recorded',
  async run({ consortium, home, away, cast }) {
    const { patient, physician, visitingPhysician } = cast;
    // One part of a single block, so that a block's name follows from the part's digest.
    const bytes = patternBytes(SIZE, Date.now());
    const file = { name: 'device', contentType: 'application/octet-stream', bytes };
    const { recordId } = await storeRecord(physician, patient, file, { category: 'device' });
    await grant(physician, patient, {
      grantee: personGrantee(away.mspId, visitingPhysician),
      categories: ['device'],
    });
    const disks = consortium.hospitals.map(({ diskDir }) => diskDir);
    const digests = (await manifestOf(home, recordId)).segments.flatMap(({ parts }) =>
      parts.map(({ sha256 }) => sha256),
    );
    const pristine = await readBlock(disks, digests[0] ?? '');
    const one = await flipBlocks([away.diskDir], digests);
    claim(
      sameBytes(await openOnly(visitingPhysician, { patient, recordId }), bytes),
      'the good copies are served',
    );
    await restoreBlocks(one, pristine);
    const all = await flipBlocks(disks, digests);
    const refusal = await refusalOf(openOnly(visitingPhysician, { patient, recordId }));
    await restoreBlocks(all, pristine);
    claim(
      refusal.code === 'CONTENT_CORRUPT' || refusal.code === 'STORAGE_UNAVAILABLE',
      'flipped bytes are refused',
    );
    const report = await waitFor(
      async () => {
        const entries = await readAudit(
          physician,
          patient.auditRead(Date.now() - DAY_MS, Date.now() + DAY_MS),
        );
        return entries.find(({ act }) => act === 'content-corrupt');
      },
      { what: 'the corruption to be recorded', deadlineMs: 30_000, intervalMs: 1_000 },
    );
    return {
      recordId,
      flippedOn: disks.length,
      files: all.length,
      code: refusal.code,
      recordedIn: report.txId,
    };
  },
};
