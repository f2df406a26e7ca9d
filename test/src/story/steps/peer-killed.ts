// SPDX-License-Identifier: Apache-2.0
import { openOnly, storeRecord } from '../../support/clinic.js';
import { smallDocument } from '../../support/fixtures.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const peerKilled: Step = {
  name: 'peer-killed',
  tells: 'one hospital’s peer is killed; reading and writing at the others go on, and it comes back',
  async run({ consortium, third, cast, chart }) {
    const { patient, physician, visitingPhysician } = cast;
    const { pid, successor } = await consortium.processes.kill(third.id, 'peer');
    const { recordId, txId } = await storeRecord(
      physician,
      patient,
      smallDocument('Stored without that peer'),
      {},
    );
    const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'reading goes on');
    return { hospital: third.mspId, killed: pid, restartedAs: await successor, recordId, txId };
  },
};
