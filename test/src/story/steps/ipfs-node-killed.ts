// SPDX-License-Identifier: Apache-2.0
import { openOnly, storeRecord } from '../../support/clinic.js';
import { smallDocument } from '../../support/fixtures.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const ipfsNodeKilled: Step = {
  name: 'ipfs-node-killed',
  tells: 'one hospital’s IPFS node is killed; reading and writing go on, and the supervisor brings it back',
  async run({ consortium, third, cast, chart }) {
    const { patient, physician, visitingPhysician } = cast;
    const { pid, successor } = await consortium.processes.kill(third.id, 'kubo');
    const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'reading goes on');
    const { recordId, txId } = await storeRecord(physician, patient, smallDocument('Stored meanwhile'), {});
    return { hospital: third.mspId, killed: pid, restartedAs: await successor, recordId, txId };
  },
};
