// SPDX-License-Identifier: Apache-2.0
import { openOnly } from '../../support/clinic.js';
import { currentCustody, viewCustody } from '../../support/custody.js';
import { startLyingCustodian } from '../../support/lying-custodian.js';
import { waitFor } from '../../support/wait.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';

const MAX_READS = 8;

export const lyingCustodianNamed: Step = {
  name: 'lying-custodian-named',
  tells:
    'one custodian answers with false shares; reading works around it, and the ledger names it with evidence',
  async run({ consortium, home, cast, chart }) {
    const { members } = await currentCustody(home.administrator);
    const [honest, liar] = members.slice(0, 2).map(({ mspId }) => consortium.byMsp(mspId));
    if (honest === undefined || liar === undefined) throw new Error('the set has fewer than two custodians');
    const { patient, visitingPhysician } = cast;
    const accusationsOf = async () =>
      (await viewCustody(home.administrator)).accusations.filter(({ custodian }) => custodian === liar.mspId);
    const before = await accusationsOf();
    const { accused, reads, lies } = await consortium.processes.without(
      [[liar.id, 'custodian']],
      async () => {
        const lying = await startLyingCustodian(liar, honest);
        try {
          // Whoever answers first is combined first: the lie is noticed in the first reading in which it is among them.
          for (let count = 1; count <= MAX_READS; count += 1) {
            const letter = await openOnly(visitingPhysician, {
              patient,
              recordId: chart.letter.stored.recordId,
            });
            claim(sameBytes(letter, chart.letter.file.bytes), 'reading works around the lie');
            const found = await accusationsOf();
            if (found.length > before.length) return { accused: found, reads: count, lies: lying.lies() };
          }
          const late = await waitFor(
            async () => {
              const found = await accusationsOf();
              return found.length > before.length ? found : undefined;
            },
            { what: 'the accusation', deadlineMs: 20_000 },
          );
          return { accused: late, reads: MAX_READS, lies: lying.lies() };
        } finally {
          await lying.stop();
        }
      },
    );
    const last = accused.at(-1);
    return { liar: liar.mspId, lies, reads, accuser: last?.accuser, txId: last?.txId };
  },
};
