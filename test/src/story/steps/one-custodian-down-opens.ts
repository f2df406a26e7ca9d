// SPDX-License-Identifier: Apache-2.0
import { openOnly } from '../../support/clinic.js';
import { currentCustody } from '../../support/custody.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const oneCustodianDownOpens: Step = {
  name: 'one-custodian-down-opens',
  tells: 'with one custodian down the others open',
  async run({ consortium, home, cast, chart }) {
    const { members, threshold } = await currentCustody(home.administrator);
    const last = consortium.byMsp(members[members.length - 1]?.mspId ?? '');
    const { patient, visitingPhysician } = cast;
    const letter = await consortium.processes.without([[last.id, 'custodian']], () =>
      openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId }),
    );
    claim(sameBytes(letter, chart.letter.file.bytes), 'the letter opens');
    return { down: last.mspId, threshold, custodians: members.length, bytes: letter.length };
  },
};
