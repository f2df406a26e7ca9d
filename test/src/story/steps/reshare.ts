// SPDX-License-Identifier: Apache-2.0
import { openOnly } from '../../support/clinic.js';
import { currentCustody, runCeremony, type CustodianSetView } from '../../support/custody.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

export const reshare: Step = {
  name: 'reshare',
  tells: 'the key is dealt anew to another set of custodians while reading goes on, and back again',
  async run(story) {
    const { home, consortium } = story;
    const before = await currentCustody(home.administrator);
    const other = otherSet(story, before);
    const reading = readOn(story);
    const [changed, reads] = await Promise.all([
      runCeremony(home, { kind: 'reshare', ...other }).finally(reading.stop),
      reading.done,
    ]);
    claim(changed.members.length === other.members.length, 'the set has the members that were wished for');
    claim(changed.publicKey === before.publicKey, 'the consortium key is the same');
    const back = await runCeremony(home, {
      kind: 'reshare',
      threshold: before.threshold,
      members: before.members.map(({ mspId }) => mspId),
    });
    await reads.check();
    return {
      from: before.members.length,
      to: changed.members.length,
      epochs: [before.epoch, changed.epoch, back.epoch],
      thresholds: [before.threshold, changed.threshold, back.threshold],
      hospitals: consortium.hospitals.length,
      readsMeanwhile: reads.count,
      transcripts: [changed.transcriptHash, back.transcriptHash],
    };
  },
};

/** One member more where the consortium has one to spare, else one fewer. */
function otherSet(
  { consortium }: Story,
  current: CustodianSetView,
): { readonly members: readonly string[]; readonly threshold: number } {
  const members = current.members.map(({ mspId }) => mspId);
  const spare = consortium.hospitals.find(({ mspId }) => !members.includes(mspId));
  const wished = spare === undefined ? members.slice(0, -1) : [...members, spare.mspId];
  return { members: wished, threshold: Math.floor(wished.length / 2) + 1 };
}

/** Opens the letter again and again until told to stop; every opening must succeed and be the letter. */
function readOn({ cast, chart }: Story): {
  readonly stop: () => void;
  readonly done: Promise<{ readonly count: number; readonly check: () => Promise<void> }>;
} {
  const { patient, visitingPhysician } = cast;
  const stopping = new AbortController();
  const open = async () => {
    const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'reading goes on during the ceremony');
  };
  const loop = async () => {
    let count = 0;
    while (!stopping.signal.aborted) {
      await open();
      count += 1;
    }
    return { count, check: open };
  };
  return {
    stop: () => {
      stopping.abort();
    },
    done: loop(),
  };
}
