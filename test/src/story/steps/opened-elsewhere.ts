// SPDX-License-Identifier: Apache-2.0
import { openOnly, openRecord } from '../../support/clinic.js';
import { digest, sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

export const openedElsewhere: Step = {
  name: 'opened-elsewhere',
  tells: 'the physician of the other hospital opens the image and the letter, equal byte for byte',
  async run({ cast, chart }) {
    const { patient, visitingPhysician } = cast;
    const image = await openRecord(visitingPhysician, { patient, recordId: chart.image.stored.recordId });
    const [pixels] = image.contents.values();
    claim(
      pixels !== undefined && sameBytes(pixels, chart.image.file.bytes),
      'the image is the one that was stored',
    );
    const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'the letter is the one that was stored');
    const { intentId, txId } = image.intent;
    return {
      intentId,
      txId,
      sha256: { image: digest(pixels), letter: digest(letter) },
      bytes: pixels.length + letter.length,
    };
  },
};
