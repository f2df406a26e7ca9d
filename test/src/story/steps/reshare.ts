// SPDX-License-Identifier: Apache-2.0
import { openOnly } from '../../support/clinic.js';
import { currentCustody, runCeremony, type CustodianSetView } from '../../support/custody.js';
import { sameBytes } from '../compare.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

export const reshare: Step = {
  name: 'reshare',
  tells:
    'one custodian leaves and one joins: each operator approves, the key is dealt anew while reading goes on, and stays the same key',
  async run(story) {
    const before = await currentCustody(story.home.administrator);
    const everyone = story.consortium.hospitals.map(({ mspId }) => mspId);
    const members = before.members.map(({ mspId }) => mspId);
    // Where every hospital is a custodian already, one leaves first, so that one can join.
    const smaller =
      members.length === everyone.length ? await dealTo(story, members.slice(0, -1)) : undefined;
    const joining = everyone.slice(0, (smaller?.set ?? before).members.length + 1);
    const larger = await dealTo(story, joining);
    const sets = [before, ...(smaller === undefined ? [] : [smaller.set]), larger.set];
    claim(
      sets.every(({ publicKey }) => publicKey === before.publicKey),
      'the consortium key is the same',
    );
    return {
      custodians: sets.map((set) => set.members.length),
      thresholds: sets.map(({ threshold }) => threshold),
      epochs: sets.map(({ epoch }) => epoch),
      transcripts: sets.slice(1).map(({ transcriptHash }) => transcriptHash),
      readsMeanwhile: (smaller?.reads ?? 0) + larger.reads,
    };
  },
};

/** Deals the key to a set of hospitals while the letter is opened again and again. */
async function dealTo(
  story: Story,
  members: readonly string[],
): Promise<{ readonly set: CustodianSetView; readonly reads: number }> {
  const dealt = new AbortController();
  const threshold = Math.floor(members.length / 2) + 1;
  // The hospitals that will hold the key; among them are those that deal it.
  const approvers = members.map((mspId) => story.consortium.byMsp(mspId));
  const [set, reads] = await Promise.all([
    runCeremony(story.home, { kind: 'reshare', threshold, members }, approvers).finally(() => {
      dealt.abort();
    }),
    readUntil(story, dealt.signal),
  ]);
  claim(set.members.length === members.length, 'the set has the members that were wished for');
  return { set, reads };
}

/** Every opening must succeed and be the letter; returns how many there were, one after the ceremony included. */
async function readUntil({ cast, chart }: Story, done: AbortSignal): Promise<number> {
  const { patient, visitingPhysician } = cast;
  for (let count = 1; ; count += 1) {
    const isLast = done.aborted;
    const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
    claim(sameBytes(letter, chart.letter.file.bytes), 'reading goes on during the ceremony');
    if (isLast) return count;
  }
}
