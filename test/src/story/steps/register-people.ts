// SPDX-License-Identifier: Apache-2.0
import type { Step } from '../step.js';

export const registerPeople: Step = {
  name: 'register-people',
  tells: 'people are registered at two hospitals, and two patients with their own keys at the first',
  async run(story) {
    const { consortium, home, away } = story;
    const [physician, nurse, medicalOfficer, privacyOfficer, auditor] = await Promise.all([
      consortium.person(home, 'physician', 'internal-medicine'),
      consortium.person(home, 'nurse', 'internal-medicine'),
      consortium.person(home, 'medical-officer', 'direction'),
      consortium.person(home, 'privacy-officer', 'privacy'),
      consortium.person(home, 'auditor', 'audit'),
    ]);
    const [visitingPhysician, secondClinician, otherMedicalOfficer, otherPrivacyOfficer, stranger] =
      await Promise.all([
        consortium.person(away, 'physician', 'emergency'),
        consortium.person(away, 'nurse', 'emergency'),
        consortium.person(story.third, 'medical-officer', 'direction'),
        consortium.person(story.third, 'privacy-officer', 'privacy'),
        consortium.person(away, 'physician', 'dermatology'),
      ]);
    const [patient, secondPatient] = await Promise.all([consortium.patient(home), consortium.patient(home)]);
    story.cast = {
      physician,
      nurse,
      medicalOfficer,
      privacyOfficer,
      auditor,
      visitingPhysician,
      secondClinician,
      otherMedicalOfficer,
      otherPrivacyOfficer,
      stranger,
      patient,
      secondPatient,
    };
    return {
      practitioners: { [home.mspId]: 5, [away.mspId]: 3, [story.third.mspId]: 2 },
      patients: [patient.handle, secondPatient.handle],
    };
  },
};
