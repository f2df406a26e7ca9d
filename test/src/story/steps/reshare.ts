// SPDX-License-Identifier: Apache-2.0
import type { Hospital } from '../../support/consortium.js';
import {
  atOneThatMayStart,
  currentCustody,
  custodyAt,
  EACH_WAITS,
  refusalToStart,
  runCeremony,
  type CustodianSetView,
} from '../../support/custody.js';
import { tutelaOrThrow } from '../../support/tutela-command.js';
import { waitFor } from '../../support/wait.js';
import { readLetter, whileOthersGoOn, type Meanwhile } from '../going-on.js';
import { claim, LeftOut, type Step } from '../step.js';
import type { Story } from '../story.js';

const NEWCOMER = { id: 'dogwood', name: 'Dogwood Hospital' } as const;
const FOUNDERS = 3;
const UNKNOWN_MSP = 'UnknownMSP';
const RECONCILED_DEADLINE_MS = 90_000;

export const reshare: Step = {
  name: 'reshare',
  tells:
    'every hospital is dealt a share of the same key, a fourth joins before where there are three, while reading and writing go on; then the last opens beside the others',
  async run(story) {
    const before = await currentCustody(story.home.administrator);
    await requireStart(story, before);
    const joined = await joinIfFew(story);
    const { hospitals } = story.consortium;
    const last = story.consortium.at(hospitals.length - 1);
    const isNew = before.members.every(({ mspId }) => mspId !== last.mspId);
    if (isNew) claim((await custodyAt(last)).state === 'no-share', 'who is no custodian yet has no share');
    const dealt = await dealTo(story, before);
    claim(dealt.done.publicKey === before.publicKey, 'the consortium key is the same');
    const needed = await opensWith(story, last, dealt.done);
    const sets = [before, dealt.done];
    const phases = [...joined, dealt];
    return {
      ...(joined.length > 0 && { joined: last.mspId }),
      ...needed,
      custodians: sets.map((set) => set.members.length),
      thresholds: sets.map(({ threshold }) => threshold),
      epochs: sets.map(({ epoch }) => epoch),
      transcripts: [dealt.done.transcriptHash],
      readsMeanwhile: phases.reduce((sum, { reads }) => sum + reads, 0),
      writesMeanwhile: phases.reduce((sum, { writes }) => sum + writes, 0),
      longestMs: Math.max(...phases.map(({ longestMs }) => longestMs)),
    };
  },
};

/** Those that may start a ceremony: each that holds a share. */
function holdersOf({ consortium }: Story, { members }: CustodianSetView): readonly Hospital[] {
  return members.map(({ mspId }) => consortium.byMsp(mspId));
}

/**
 * Sees that a hospital may start a ceremony before anything is changed: a reshare to a hospital that the ledger does not
 * know is refused, for that reason where the starter need not wait.
 */
async function requireStart(story: Story, current: CustodianSetView): Promise<void> {
  const members = [...current.members.map(({ mspId }) => mspId), UNKNOWN_MSP];
  const unknown = { kind: 'reshare', threshold: majorityOf(members.length), members } as const;
  const refused = await atOneThatMayStart(holdersOf(story, current), (at) => refusalToStart(at, unknown));
  if (refused === undefined) throw new LeftOut(EACH_WAITS);
  claim(refused.code === 'CEREMONY_INVALID', 'a hospital that the ledger does not know is dealt no share');
}

/** Three hospitals are joined by another, by the command that operators use. */
async function joinIfFew(story: Story): Promise<readonly Meanwhile<unknown>[]> {
  const { consortium } = story;
  if (consortium.hospitals.length > FOUNDERS) return [];
  const { id, name } = NEWCOMER;
  const joined = await whileOthersGoOn(story, async () => {
    await tutelaOrThrow(consortium.processes.stateDir, 'hospital', 'add', id, '--name', name, '--json');
    return consortium.meet(id);
  });
  return [joined];
}

/** Deals the key to every hospital, whose operators approve; among them are those that deal it. */
async function dealTo(story: Story, current: CustodianSetView): Promise<Meanwhile<CustodianSetView>> {
  const { hospitals } = story.consortium;
  const members = hospitals.map(({ mspId }) => mspId);
  const desired = { kind: 'reshare', threshold: majorityOf(members.length), members } as const;
  const dealt = await whileOthersGoOn(story, async () => {
    const set = await atOneThatMayStart(holdersOf(story, current), (at) =>
      runCeremony(at, desired, hospitals),
    );
    claim(set !== undefined, EACH_WAITS);
    return set;
  });
  claim(dealt.done.members.length === members.length, 'the set has the requested members');
  return dealt;
}

function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
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
