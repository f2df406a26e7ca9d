// SPDX-License-Identifier: Apache-2.0
import { declare, openRecord } from '../../support/clinic.js';
import { refusalOf } from '../../support/rest-problem.js';
import { claim, type Step } from '../step.js';

export const categoryWithheld: Step = {
  name: 'category-withheld',
  tells: 'what the consent does not name stays closed, alone and inside a Bundle',
  async run({ cast, chart }) {
    const { patient, visitingPhysician } = cast;
    const refusal = await refusalOf(
      declare(visitingPhysician, { patient, recordId: chart.notes.stored.recordId }),
    );
    claim(refusal.code === 'NOT_FOUND', 'mental health is withheld');
    const { segments } = chart.bundle.stored;
    const opened = await openRecord(visitingPhysician, { patient, recordId: chart.bundle.stored.recordId });
    const allowed = new Set(['imaging', 'notes', 'summary', 'medication', 'laboratory']);
    const wanted = segments.filter(({ category }) => allowed.has(category)).map(({ segmentId }) => segmentId);
    claim(wanted.length < segments.length, 'the Bundle has something to withhold');
    claim(
      [...opened.contents.keys()].sort().join() === [...wanted].sort().join(),
      'exactly the consented segments of the Bundle open',
    );
    const withheld = segments
      .filter(({ category }) => !allowed.has(category))
      .map(({ category }) => category);
    return { code: refusal.code, txId: opened.intent.txId, opened: wanted.length, withheld };
  },
};
