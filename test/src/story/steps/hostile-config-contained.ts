// SPDX-License-Identifier: Apache-2.0
import { declare, openOnly } from '../../support/clinic.js';
import { writeEntry } from '../../support/hostile-entry.js';
import { askCustodians } from '../../support/insider-acts.js';
import { waitFor } from '../../support/wait.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

const DEADLINE_MS = 60_000;
/** How Fabric names too few signatures. */
const UNSATISFIED = 'signature set did not satisfy policy';

export const hostileConfigContained: Step = {
  name: 'hostile-config-contained',
  tells:
    'one hospital signs rubbish and another’s TLS authority into its own entry of the channel; orderers refuse what fewer than t hospitals signed, and all are served as before',
  async run(story) {
    const { consortium, home, away, third, cast, chart } = story;
    const entries = ['foreign-label', 'authority-of-another'] as const;
    const reason = await writeEntry({ consortium, by: home, victim: away }, entries).then(
      () => 'accepted',
      String,
    );
    claim(reason.includes(UNSATISFIED), 'the orderers refuse the entry');
    // It starts anew, and so reads the entry as it is now.
    await (
      await consortium.processes.kill(third.id, 'custodian')
    ).successor;
    const answers = await releasedEverywhere(story);
    const { patient, visitingPhysician } = cast;
    const { recordId } = chart.letter.stored;
    const letter = await openOnly(visitingPhysician, { patient, recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'the letter opens');
    return {
      refused: home.mspId,
      because: UNSATISFIED,
      askedBy: away.mspId,
      restarted: third.mspId,
      answers,
    };
  },
};

/** How the custodians answer the second hospital, once the one that starts has caught up. */
function releasedEverywhere({ consortium, away, cast, chart }: Story): Promise<readonly string[]> {
  const { patient, visitingPhysician } = cast;
  const { recordId } = chart.letter.stored;
  return waitFor(
    async () => {
      const intent = await declare(visitingPhysician, { patient, recordId });
      const answers = await askCustodians(consortium, away, intent);
      return answers.every((answer) => answer === 'released') ? answers : undefined;
    },
    { what: 'every custodian to release', deadlineMs: DEADLINE_MS, intervalMs: 1_000 },
  );
}
