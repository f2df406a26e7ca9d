// SPDX-License-Identifier: Apache-2.0
import type { Hospital } from '../../support/consortium.js';
import { currentCustody, custodyAt, runCeremony, type CustodianSetView } from '../../support/custody.js';
import { tutelaOrThrow } from '../../support/tutela-command.js';
import { waitFor } from '../../support/wait.js';
import { readLetter, whileOthersGoOn, type Meanwhile } from '../going-on.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

const NEWCOMER = { id: 'dogwood', name: 'Dogwood Hospital' } as const;
const FOUNDERS = 3;
const RECONCILED_DEADLINE_MS = 90_000;

export const reshare: Step = {
  name: 'reshare',
  tells:
    'a fourth hospital joins and is dealt a share of the same key, while reading and writing go on; then it opens beside the others',
  async run(story) {
    const before = await currentCustody(story.home.administrator);
    const prepared = await prepare(story, before);
    const everyone = story.consortium.hospitals.map(({ mspId }) => mspId);
    const last = story.consortium.byMsp(everyone[everyone.length - 1] ?? '');
    claim((await custodyAt(last)).state === 'no-share', 'who is no custodian yet has no share');
    const larger = await dealTo(story, everyone);
    const sets = [before, ...prepared.sets, larger.done];
    claim(
      sets.every(({ publicKey }) => publicKey === before.publicKey),
      'the consortium key is the same',
    );
    const needed = await opensWith(story, last, larger.done);
    const phases = [...prepared.phases, larger];
    return {
      ...prepared.evidence,
      ...needed,
      custodians: sets.map((set) => set.members.length),
      thresholds: sets.map(({ threshold }) => threshold),
      epochs: sets.map(({ epoch }) => epoch),
      transcripts: sets.slice(1).map(({ transcriptHash }) => transcriptHash),
      readsMeanwhile: phases.reduce((sum, { reads }) => sum + reads, 0),
      writesMeanwhile: phases.reduce((sum, { writes }) => sum + writes, 0),
      longestMs: Math.max(...phases.map(({ longestMs }) => longestMs)),
    };
  },
};

/** What came before the key is dealt to everyone. */
interface Prepared {
  readonly sets: readonly CustodianSetView[];
  readonly phases: readonly Meanwhile<unknown>[];
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Sees to it that one hospital has no share: three hospitals are joined by another, of more the last leaves first. */
async function prepare(story: Story, { members }: CustodianSetView): Promise<Prepared> {
  const { hospitals } = story.consortium;
  if (hospitals.length <= FOUNDERS) {
    const joined = await whileOthersGoOn(story, () => join(story));
    return { sets: [], phases: [joined], evidence: { joined: joined.done.mspId } };
  }
  if (members.length < hospitals.length) return { sets: [], phases: [], evidence: {} };
  const smaller = await dealTo(
    story,
    hospitals.slice(0, -1).map(({ mspId }) => mspId),
  );
  return { sets: [smaller.done], phases: [smaller], evidence: {} };
}

/** An operator lets another hospital in, by the command that operators use. */
async function join({ consortium }: Story): Promise<Hospital> {
  const { id, name } = NEWCOMER;
  await tutelaOrThrow(consortium.processes.stateDir, 'hospital', 'add', id, '--name', name, '--json');
  return consortium.meet(id);
}

/** Deals the key to a set of hospitals, whose operators approve. */
async function dealTo(story: Story, members: readonly string[]): Promise<Meanwhile<CustodianSetView>> {
  const threshold = Math.floor(members.length / 2) + 1;
  // The hospitals that will hold the key; among them are those that deal it.
  const approvers = members.map((mspId) => story.consortium.byMsp(mspId));
  const dealt = await whileOthersGoOn(story, () =>
    runCeremony(story.home, { kind: 'reshare', threshold, members }, approvers),
  );
  claim(dealt.done.members.length === members.length, 'the set has the requested members');
  return dealt;
}

/** With as many others down as may be, the newcomer's share is needed; its peer may first have to fetch what it missed. */
async function opensWith(
  story: Story,
  newcomer: Hospital,
  { members, threshold }: CustodianSetView,
): Promise<{ readonly openedWithout: readonly string[] }> {
  const others = members
    .map(({ mspId }) => story.consortium.byMsp(mspId))
    .filter((each) => each !== newcomer);
  const away = others.slice(0, members.length - threshold);
  await story.consortium.processes.without(
    away.map(({ id }) => [id, 'custodian'] as const),
    () =>
      waitFor(
        async () => {
          await readLetter(story);
          return true;
        },
        { what: 'the newcomer to open beside the others', deadlineMs: RECONCILED_DEADLINE_MS },
      ),
  );
  return { openedWithout: away.map(({ mspId }) => mspId) };
}
