// SPDX-License-Identifier: Apache-2.0
import { openOnly } from '../../support/clinic.js';
import { atOneThatMayStart, currentCustody, EACH_WAITS, runCeremony } from '../../support/custody.js';
import { sameBytes } from '../compare.js';
import { claim, LeftOut, type Step } from '../step.js';

export const refresh: Step = {
  name: 'refresh',
  tells: 'the custodians renew their shares; the key is the same, old records open, old shares are dead',
  async run({ consortium, home, cast, chart }) {
    const before = await currentCustody(home.administrator);
    const holders = before.members.map(({ mspId }) => consortium.byMsp(mspId));
    const after = await atOneThatMayStart(holders, (at) => runCeremony(at, { kind: 'refresh' }));
    if (after === undefined) throw new LeftOut(EACH_WAITS);
    claim(after.epoch === before.epoch + 1, 'a new epoch has begun');
    claim(after.publicKey === before.publicKey, 'the consortium key is the same');
    claim(
      after.verificationKeys.every((key) => !before.verificationKeys.includes(key)),
      'every share is new',
    );
    const { patient, visitingPhysician } = cast;
    const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'a record of the old epoch opens');
    const { epoch, kid, transcriptHash, ceremonyId } = after;
    return { epoch, kid, transcriptHash, ceremonyId };
  },
};
