// SPDX-License-Identifier: Apache-2.0
import { storeRecord, type Filing } from '../../support/clinic.js';
import {
  dicomImage,
  dischargeLetter,
  smallDocument,
  syntheaBundles,
  type ClinicalFile,
} from '../../support/fixtures.js';
import type { PatientWallet } from '../../support/patient-wallet.js';
import { claim, type Step } from '../step.js';
import type { Kept } from '../story.js';

export const storeRecords: Step = {
  name: 'store-records',
  tells: 'two FHIR Bundles, a DICOM image, a PDF and notes are encrypted, replicated and anchored',
  async run(story) {
    const { patient, secondPatient, physician } = story.cast;
    const keep = async (owner: PatientWallet, file: ClinicalFile, filing: Filing): Promise<Kept> => ({
      stored: await storeRecord(physician, owner, file, filing),
      file,
    });
    const [firstBundle, secondBundle] = syntheaBundles();
    const chart = {
      summary: await keep(patient, smallDocument('Allergy: penicillin'), {
        category: 'summary',
        class: 'summary',
      }),
      notes: await keep(patient, smallDocument('Session note'), { category: 'mental-health' }),
      image: await keep(patient, dicomImage(), { category: 'imaging' }),
      letter: await keep(patient, dischargeLetter(), { category: 'notes' }),
      bundle: await keep(patient, firstBundle, {}),
      secondBundle: await keep(secondPatient, secondBundle, {}),
    };
    story.chart = chart;
    claim(chart.bundle.stored.segments.length > 1, 'a Bundle is split into segments by category');
    return Object.fromEntries(
      Object.entries(chart).map(([name, { stored, file }]) => [
        name,
        {
          recordId: stored.recordId,
          txId: stored.txId,
          manifestHash: stored.manifestHash,
          bytes: file.bytes.length,
          hospitals: stored.hospitals,
          categories: stored.segments.map(({ category }) => category),
        },
      ]),
    );
  },
};
