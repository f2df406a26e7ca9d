// SPDX-License-Identifier: Apache-2.0
import { administratorOf } from '@tutela/network/testing';
import { declare, openOnly } from '../../support/clinic.js';
import { sendHostileEnvelope } from '../../support/hostile-envelope.js';
import { askCustodians } from '../../support/insider-acts.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

const ACCEPTED = 200;

export const hostileEnvelopeIgnored: Step = {
  name: 'hostile-envelope-ignored',
  tells:
    'one hospital sends the orderers an envelope that only Fabric can read; it stands in a block, and every custodian goes on',
  async run({ consortium, home, away, cast, chart }) {
    const { patient, visitingPhysician } = cast;
    const administrator = await administratorOf(consortium.processes.stateDir, home.id);
    const status = await sendHostileEnvelope(administrator);
    claim(status === ACCEPTED, 'the orderer takes the envelope');
    const reading = { patient, recordId: chart.letter.stored.recordId };
    // The intent's block comes after the envelope's.
    const intent = await declare(visitingPhysician, reading);
    const answers = await askCustodians(consortium, away, intent);
    claim(
      answers.every((answer) => answer === 'released'),
      'every custodian has read on',
    );
    claim(sameBytes(await openOnly(visitingPhysician, reading), chart.letter.file.bytes), 'the letter opens');
    return { sentBy: home.mspId, status, intentId: intent.intentId, answers };
  },
};
