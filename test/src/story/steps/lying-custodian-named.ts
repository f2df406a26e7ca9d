// SPDX-License-Identifier: Apache-2.0
import { declare } from '../../support/clinic.js';
import { currentCustody, viewCustody } from '../../support/custody.js';
import { startLyingCustodian } from '../../support/lying-custodian.js';
import { waitUntil } from '../../support/wait.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

export const lyingCustodianNamed: Step = {
  name: 'lying-custodian-named',
  tells:
    'one custodian answers with a false share; reading works around it, and the ledger names it with evidence',
  async run(story) {
    const { consortium, home, chart } = story;
    const { members, threshold } = await currentCustody(home.administrator);
    const [liar, ...honest] = members.map(({ mspId }) => consortium.byMsp(mspId)).reverse();
    const [first] = honest;
    if (liar === undefined || first === undefined) throw new Error('the set has fewer than two custodians');
    // So many honest custodians hesitate that the lie is among the first t answers.
    const hesitant = honest.slice(0, members.length - threshold).map(({ id }) => id);
    const { accused, bytes, lies } = await consortium.processes.without(
      [[liar.id, 'custodian']],
      async () => {
        const lying = await startLyingCustodian(liar, first);
        try {
          const opened = await openWhileHesitating(story, hesitant, () => lying.lies() > 0);
          return { ...opened, lies: lying.lies() };
        } finally {
          await lying.stop();
        }
      },
    );
    claim(sameBytes(bytes, chart.letter.file.bytes), 'reading works around the lie');
    claim(accused === liar.mspId, 'the reader learns who lied');
    const { accusations } = await viewCustody(home.administrator);
    const written = accusations.filter(({ custodian }) => custodian === liar.mspId).at(-1);
    claim(written !== undefined, 'the ledger names the liar');
    return { liar: liar.mspId, lies, accuser: written.accuser, txId: written.txId };
  },
};

/** Opens the letter while some custodians are frozen until a condition holds. */
async function openWhileHesitating(
  { consortium, cast, chart }: Story,
  hesitant: readonly string[],
  until: () => boolean,
): Promise<{ readonly bytes: Uint8Array; readonly accused: unknown }> {
  const { patient, visitingPhysician } = cast;
  const { recordId, segments } = chart.letter.stored;
  const { intentId } = await declare(visitingPhysician, { patient, recordId });
  for (const id of hesitant) await consortium.processes.signal(id, 'custodian', 'SIGSTOP');
  const path = `/v1/intents/${intentId}/content/${segments[0]?.segmentId ?? ''}`;
  const opening = visitingPhysician.raw({ method: 'GET', path });
  try {
    await waitUntil(until, { what: 'the lie to be told', deadlineMs: 10_000, intervalMs: 20 });
  } finally {
    for (const id of hesitant) await consortium.processes.signal(id, 'custodian', 'SIGCONT');
  }
  const { bytes, headers } = await opening;
  return { bytes, accused: headers['tutela-accused'] };
}
