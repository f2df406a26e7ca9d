// SPDX-License-Identifier: Apache-2.0
import { grant, openOnly, personGrantee, storeRecord } from '../../support/clinic.js';
import { patternBytes } from '../../support/fixtures.js';
import { blocksOf, blocksOnDisk, unpinEverything } from '../../support/hostile-cluster-peer.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

const SIZE = 150_000;

export const hostileUnpinRefused: Step = {
  name: 'hostile-unpin-refused',
  tells:
    'one hospital withdraws every pin, has all nodes collect and a record of its own erased; the others lose that record alone',
  async run({ consortium, home, away, cast }) {
    const { patient, physician, visitingPhysician } = cast;
    const bytes = patternBytes(SIZE, Date.now());
    const file = { name: 'device', contentType: 'application/octet-stream', bytes };
    const { recordId } = await storeRecord(physician, patient, file, { category: 'device' });
    await grant(physician, patient, {
      grantee: personGrantee(away.mspId, visitingPhysician),
      categories: ['device'],
    });
    const blocks = await blocksOf(home, recordId);
    const honest = consortium.hospitals.filter(({ mspId }) => mspId !== away.mspId);
    const before = honest.filter((hospital) => blocksOnDisk(hospital, blocks).length === blocks.length);
    claim(
      before.some(({ mspId }) => mspId === home.mspId),
      'the record lies on its hospital’s disk',
    );
    const { ownBlocks, ...gained } = await unpinEverything(consortium, away);
    for (const hospital of before)
      claim(blocksOnDisk(hospital, blocks).length === blocks.length, 'no honest disk lost the record');
    for (const hospital of honest)
      claim(blocksOnDisk(hospital, ownBlocks).length === 0, 'what was ordered to go is gone');
    const read = await openOnly(visitingPhysician, { patient, recordId });
    claim(sameBytes(read, bytes), 'the record opens as before');
    return { hostile: away.mspId, recordId, ...gained, stillOn: before.map(({ mspId }) => mspId) };
  },
};
