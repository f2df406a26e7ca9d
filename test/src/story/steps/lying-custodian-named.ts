// SPDX-License-Identifier: Apache-2.0
import { viewCustody } from '../../support/custody.js';
import { readAmongLies } from '../../support/read-among-lies.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';
import { letterOf } from '../letter.js';

export const lyingCustodianNamed: Step = {
  name: 'lying-custodian-named',
  tells:
    'one custodian answers with a false share; reading works around it, and the ledger names it with evidence',
  async run(story) {
    const { home, chart } = story;
    const { liar, lies, bytes, accused } = await readAmongLies(letterOf(story), 'false');
    claim(sameBytes(bytes, chart.letter.file.bytes), 'reading works around the lie');
    claim(accused === liar, 'the reader learns who lied');
    const { accusations } = await viewCustody(home.administrator);
    const written = accusations.filter(({ custodian }) => custodian === liar).at(-1);
    claim(written !== undefined, 'the ledger names the liar');
    return { liar, lies, accuser: written.accuser, txId: written.txId };
  },
};
