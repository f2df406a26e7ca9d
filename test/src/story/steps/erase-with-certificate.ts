// SPDX-License-Identifier: Apache-2.0
import { erasureAnswer, erasureState } from '../../support/answers.js';
import { declare, grant, openOnly, personGrantee, storeRecord } from '../../support/clinic.js';
import { smallDocument } from '../../support/fixtures.js';
import { refusalOf } from '../../support/rest-problem.js';
import { waitFor } from '../../support/wait.js';
import { claim, type Step } from '../step.js';

export const eraseWithCertificate: Step = {
  name: 'erase-with-certificate',
  tells: 'the patient has a record erased; every hospital confirms, and nothing opens it any more',
  async run({ away, cast, consortium }) {
    const { patient, physician, visitingPhysician } = cast;
    const { recordId } = await storeRecord(physician, patient, smallDocument('To be forgotten'), {
      category: 'genetics',
    });
    await grant(physician, patient, {
      grantee: personGrantee(away.mspId, visitingPhysician),
      categories: ['genetics'],
    });
    await openOnly(visitingPhysician, { patient, recordId });
    const order = patient.erasure(recordId);
    const { erasureId, txId } = erasureAnswer.parse(
      await physician.post(`/v1/records/${recordId}/erasure`, order),
    );
    const done = await waitFor(
      async () => {
        const state = erasureState.parse(await physician.get(`/v1/erasures/${erasureId}`));
        return state.complete ? state : undefined;
      },
      { what: 'every hospital to confirm the erasure', deadlineMs: 120_000 },
    );
    const refusal = await refusalOf(declare(visitingPhysician, { patient, recordId }));
    claim(refusal.code === 'NOT_FOUND', 'the record is gone');
    claim(Object.keys(done.confirmations).length === consortium.hospitals.length, 'every hospital signed');
    return { recordId, erasureId, txId, confirmations: done.confirmations, code: refusal.code };
  },
};
