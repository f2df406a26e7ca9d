// SPDX-License-Identifier: Apache-2.0
import { openOnly } from '../../support/clinic.js';
import { vouchForEmergency } from '../../support/emergencies.js';
import { refusalOf } from '../../support/rest-problem.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const emergencyCosignedOpens: Step = {
  name: 'emergency-cosigned-opens',
  tells: 'with a second clinician and another hospital’s duty officer the chart opens; nobody co-signs alone',
  async run(story) {
    const { cast, chart } = story;
    const { patient, stranger, secondClinician } = cast;
    const emergencyId = story.recall('emergency');
    const self = await refusalOf(vouchForEmergency(stranger, emergencyId, 'cosignature'));
    claim(self.code === 'EMERGENCY_SAME_PERSON', 'a requester cannot co-sign');
    const cosigned = await vouchForEmergency(secondClinician, emergencyId, 'cosignature');
    // The duty officer must be of another hospital than the requester's, which is the second.
    const approved = await vouchForEmergency(cast.medicalOfficer, emergencyId, 'scope-approval');
    const under = { patient, purpose: 'BTG', emergencyId } as const;
    const image = await openOnly(stranger, { ...under, recordId: chart.image.stored.recordId });
    claim(sameBytes(image, chart.image.file.bytes), 'the image opens');
    return {
      emergencyId,
      self: self.code,
      cosigned: cosigned.txId,
      approved: approved.txId,
      state: approved.state,
      bytes: image.length,
    };
  },
};
