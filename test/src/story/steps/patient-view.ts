// SPDX-License-Identifier: Apache-2.0
import { readAudit } from '../../support/clinic.js';
import { claim, type Step } from '../step.js';

const DAY_MS = 24 * 3_600_000;

export const patientView: Step = {
  name: 'patient-view',
  tells: 'the patient reads who did what, the refusals and their reasons included',
  async run({ cast }) {
    const { patient, physician, stranger, visitingPhysician } = cast;
    const entries = await readAudit(physician, patient.auditRead(Date.now() - DAY_MS, Date.now() + DAY_MS));
    claim(
      entries.every(({ handle }) => handle === patient.handle),
      'the log shows no other patient',
    );
    const by = (person: string) => entries.filter(({ actor }) => actor.id === person);
    const refused = entries.filter(({ outcome }) => outcome === 'refused');
    claim(
      by(visitingPhysician.practitionerId).some(
        ({ act, outcome }) => act === 'intent-declared' && outcome === 'permitted',
      ),
      'the consented reading is there',
    );
    claim(
      by(stranger.practitionerId).some(({ codes }) => codes?.includes('NO_CONSENT') ?? false),
      'the stranger’s attempt and its reason are there',
    );
    const acts = Object.fromEntries(
      [...new Set(entries.map(({ act }) => act))].map((act) => [
        act,
        entries.filter((each) => each.act === act).length,
      ]),
    );
    const codes = [...new Set(refused.flatMap((each) => each.codes ?? []))];
    return { entries: entries.length, acts, refusals: refused.length, codes, first: entries[0]?.txId };
  },
};
