// SPDX-License-Identifier: Apache-2.0
import { declare } from '../../support/clinic.js';
import { refusalOf } from '../../support/rest-problem.js';
import { claim, type Step } from '../step.js';

export const strangerRefused: Step = {
  name: 'stranger-refused',
  tells: 'a physician without consent learns nothing, not even that the record exists',
  async run({ cast, chart }) {
    const { patient, stranger } = cast;
    const { recordId } = chart.letter.stored;
    const refusal = await refusalOf(declare(stranger, { patient, recordId }));
    const metadata = await refusalOf(stranger.get(`/v1/records/${recordId}`));
    const never = `rec_${'A'.repeat(22)}`;
    const absent = await refusalOf(stranger.get(`/v1/records/${never}`));
    const listed = await stranger.get(`/v1/records?handle=${patient.handle}`);
    claim(refusal.status === 404 && refusal.code === 'NOT_FOUND', 'the intent is answered by not found');
    claim(
      metadata.status === absent.status && metadata.code === absent.code,
      'a record that exists looks like one that does not',
    );
    claim(!JSON.stringify(listed).includes('rec_'), 'a list tells a stranger nothing');
    return {
      code: refusal.code,
      status: refusal.status,
      txId: refusal.members['txId'],
      intentId: refusal.members['intentId'],
    };
  },
};
