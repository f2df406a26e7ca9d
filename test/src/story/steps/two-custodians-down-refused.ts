// SPDX-License-Identifier: Apache-2.0
import { declare, openOnly, openSegment } from '../../support/clinic.js';
import { currentCustody } from '../../support/custody.js';
import { refusalOf } from '../../support/rest-problem.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const twoCustodiansDownRefused: Step = {
  name: 'two-custodians-down-refused',
  tells: 'with fewer than t custodians nothing opens, and it says so; when they are back it opens',
  async run({ consortium, home, cast, chart }) {
    const { members, threshold } = await currentCustody(home.administrator);
    const down = members.slice(threshold - 1).map(({ mspId }) => consortium.byMsp(mspId));
    const { patient, visitingPhysician } = cast;
    const { recordId, segments } = chart.letter.stored;
    const { refusal, intent } = await consortium.processes.without(
      down.map(({ id }) => [id, 'custodian'] as const),
      async () => {
        const declared = await declare(visitingPhysician, { patient, recordId });
        const opening = openSegment(visitingPhysician, declared, segments[0]?.segmentId ?? '');
        return { refusal: await refusalOf(opening), intent: declared };
      },
    );
    // So many refusals decide; those who are left refuse because they hear too few of the others.
    const areDecisive = threshold - 1 >= down.length;
    claim(
      refusal.code === (areDecisive ? 'PEER_STALE' : 'TOO_FEW_CUSTODIANS'),
      'the refusal names its cause',
    );
    const letter = await openOnly(visitingPhysician, { patient, recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'the letter opens again');
    return { down: down.map(({ mspId }) => mspId), threshold, code: refusal.code, intentId: intent.intentId };
  },
};
