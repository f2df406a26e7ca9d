// SPDX-License-Identifier: Apache-2.0
import { readAudit } from '../../support/clinic.js';
import { viewCustody } from '../../support/custody.js';
import { readAmongLies } from '../../support/read-among-lies.js';
import { sameBytes } from '../compare.js';
import { letterOf } from '../letter.js';
import { claim, type Step } from '../step.js';

const DAY_MS = 24 * 3_600_000;

export const malformedShareConvicts: Step = {
  name: 'malformed-share-convicts',
  tells:
    'one custodian signs bytes that are no share; reading works around it, its signature convicts it, and no content is called corrupt',
  async run(story) {
    const { cast, home, chart } = story;
    const { accusations: before } = await viewCustody(home.administrator);
    const { liar, lies, bytes, accused } = await readAmongLies(letterOf(story), 'malformed');
    claim(sameBytes(bytes, chart.letter.file.bytes), 'reading works around the malformed share');
    claim(accused === liar, 'the reader learns who signed it');
    const { accusations } = await viewCustody(home.administrator);
    const written = accusations.find(({ txId }) => before.every((earlier) => earlier.txId !== txId));
    claim(written?.custodian === liar, 'the ledger holds the evidence against its signer');
    const window = cast.patient.auditRead(Date.now() - DAY_MS, Date.now() + DAY_MS);
    const entries = await readAudit(cast.physician, window);
    const { recordId } = chart.letter.stored;
    const branded = entries.filter(
      ({ act, recordIds }) => act === 'content-corrupt' && recordIds?.includes(recordId) === true,
    );
    claim(branded.length === 0, 'nobody calls the content corrupt');
    return { liar, lies, accuser: written.accuser, txId: written.txId };
  },
};
