// SPDX-License-Identifier: Apache-2.0
import { declare } from '../../support/clinic.js';
import { contestEmergency, giveVerdict, stepEmergency } from '../../support/emergencies.js';
import { refusalOf } from '../../support/rest-problem.js';
import { claim, type Step } from '../step.js';

export const emergencyReviewed: Step = {
  name: 'emergency-reviewed',
  tells: 'the emergency is closed, contested by the patient, and reviewed by someone who took no part',
  async run(story) {
    const { cast, chart } = story;
    const { patient, physician, stranger, secondClinician, privacyOfficer } = cast;
    const emergencyId = story.recall('emergency');
    const closed = await stepEmergency(stranger, emergencyId, 'closure');
    const { recordId } = chart.image.stored;
    const after = await refusalOf(declare(stranger, { patient, recordId, purpose: 'BTG', emergencyId }));
    claim(after.code === 'NOT_FOUND', 'a closed emergency opens nothing');
    const contested = await contestEmergency(physician, patient, emergencyId);
    await stepEmergency(privacyOfficer, emergencyId, 'review');
    const own = await refusalOf(giveVerdict(secondClinician, emergencyId, 'upheld'));
    claim(
      own.code === 'CALLER_NOT_ENTITLED' || own.code === 'EMERGENCY_SAME_PERSON',
      'nobody judges an own act',
    );
    const reviewed = await giveVerdict(privacyOfficer, emergencyId, 'upheld');
    claim(reviewed.state === 'upheld', 'the verdict stands');
    return {
      emergencyId,
      closed: closed.txId,
      contested: contested.txId,
      reviewed: reviewed.txId,
      state: reviewed.state,
      participant: own.code,
    };
  },
};
