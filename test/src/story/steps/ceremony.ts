// SPDX-License-Identifier: Apache-2.0
import { currentCustody, custodyAt } from '../../support/custody.js';
import { claim, type Step } from '../step.js';

export const ceremony: Step = {
  name: 'ceremony',
  tells: 'the custodians have dealt the consortium key among themselves, and each holds one share of it',
  async run({ consortium, home }) {
    const current = await currentCustody(home.administrator);
    const views = await Promise.all(current.members.map(({ mspId }) => custodyAt(consortium.byMsp(mspId))));
    claim(
      views.every(({ state }) => state === 'active'),
      'every member of the set holds a share',
    );
    claim(
      views.every(({ epoch }) => epoch === current.epoch),
      'every member is in the epoch of the ledger',
    );
    claim(current.threshold > current.members.length / 2, 'a majority of custodians is needed');
    const { epoch, threshold, members, publicKey, kid, transcriptHash, ceremonyId } = current;
    const names = members.map(({ mspId }) => mspId);
    return { epoch, threshold, members: names, publicKey, kid, transcriptHash, ceremonyId };
  },
};
