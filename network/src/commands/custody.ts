// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { custodyOf, type CeremonyProgress, type CustodyAccount } from '../lifecycle/custodian-operator.js';
import {
  convictionsOf,
  describeConviction,
  keyHolders,
  NO_SHARE_NOW,
  type Conviction,
} from '../lifecycle/convictions.js';
import type { HospitalContext } from '../plan/context.js';
import { addApprove, addAbort } from './custody-approval.js';
import { addCeremony } from './custody-ceremony.js';
import { addDegraded } from './custody-degraded.js';
import { addFork } from './custody-fork.js';
import { addReconcile } from './custody-reconcile.js';
import { addSafekeeping } from './custody-safekeeping.js';
import { allHospitals, globals, openPlan } from './globals.js';
import { say, sayJson, table } from './output.js';

interface Answer {
  readonly hospital: string;
  readonly custody: CustodyAccount | { readonly state: 'unreachable'; readonly reason: string };
}

/** How long the ledger is asked for convictions. */
const convictionsTimeoutMs = 10_000;

/** `tutela custody`: the consortium key, without ever seeing it. */
export function addCustody(program: Command): void {
  const custody = program
    .command('custody')
    .description(
      'show which custodians hold shares of the consortium key, and run the ceremonies that change them',
    );
  addCustodyStatus(custody);
  addCeremony(custody, 'ceremony', 'dkg', 'deal the consortium key among the custodians, without a dealer');
  addCeremony(
    custody,
    'refresh',
    'refresh',
    'give every custodian a new share of the same key; old shares become useless',
  );
  addCeremony(
    custody,
    'reshare',
    'reshare',
    'give the same key to other custodians, or change the threshold',
  );
  addApprove(custody);
  addAbort(custody);
  addReconcile(custody);
  addDegraded(custody);
  addFork(custody);
  addSafekeeping(custody);
}

function addCustodyStatus(custody: Command): void {
  custody
    .command('status')
    .description('show the state of every custodian')
    .action(async (_: unknown, command: Command) => {
      const all = allHospitals(await openPlan(command));
      const answers = await Promise.all(all.map(accountOf));
      const silence = describeSilence(answers);
      const convictions = silence.length === 0 ? await convictionsOf(all, convictionsTimeoutMs) : undefined;
      if (globals(command).json) {
        sayJson(withConvictions(all, answers, convictions));
        return;
      }
      say(table([['HOSPITAL', 'SHARE', 'EPOCH', 'THRESHOLD', 'PEER', ''], ...answers.map(row)]));
      const accounts = answers.map(({ custody: answer }) =>
        answer.state === 'unreachable' ? undefined : answer,
      );
      const holders = keyHolders(accounts);
      const convicted = silence.length === 0 ? describeConvictions(convictions, holders) : [];
      const compared = answers.flatMap(describeReconciliation);
      for (const line of [...silence, ...convicted, ...compared]) say(line);
      const open = answers.map(ceremonyIn).find((ceremony) => ceremony !== undefined);
      if (open !== undefined)
        for (const line of describeCeremony(open, awaitingApproval(answers, open))) say(line);
    });
}

/** Each custodian's answer with the conviction on the ledger: null for none, absent where no peer answered. */
export function withConvictions(
  all: readonly HospitalContext[],
  answers: readonly Answer[],
  convictions: readonly Conviction[] | undefined,
): readonly object[] {
  if (convictions === undefined) return answers;
  return answers.map((answer, position) => {
    const mspId = all[position]?.hospital.mspId;
    return { ...answer, conviction: convictions.find((each) => each.mspId === mspId) ?? null };
  });
}

/** The convictions on the ledger, in sentences, and what the doctor says of them; empty when there are none. */
export function describeConvictions(
  convictions: readonly Conviction[] | undefined,
  holders: readonly string[] | undefined,
): readonly string[] {
  if (convictions === undefined) return ['No peer answers: whether a custodian was convicted is not known.'];
  if (convictions.length === 0) return [];
  const isDangerous = convictions.some(({ mspId }) => holders?.includes(mspId) ?? true);
  const next = isDangerous ? 'Run `tutela doctor` for what to do.' : NO_SHARE_NOW;
  return [...convictions.map(describeConviction), next];
}

/** The advice when no custodian answers; empty when one does. */
export function describeSilence(answers: readonly Answer[]): readonly string[] {
  if (answers.some(({ custody }) => custody.state !== 'unreachable')) return [];
  return [
    'No custodian answers. Check with `tutela status` whether the consortium runs; `tutela up` starts it.',
  ];
}

const comparison = z.looseObject({
  at: z.string(),
  clean: z.boolean(),
  tooFew: z.number(),
  silent: z.number(),
});

/** What a custodian's newest comparison of all journals found; empty when it found nothing, or when none was made yet. */
export function describeReconciliation({ hospital, custody }: Answer): readonly string[] {
  const found = comparison.safeParse('reconciliation' in custody ? custody.reconciliation : undefined).data;
  if (found === undefined || (found.clean && found.tooFew + found.silent === 0)) return [];
  const what = [
    ...(found.clean ? [] : ['a breach of the rules']),
    ...(found.silent === 0 ? [] : [counted(found.silent, 'silent custodian')]),
    ...(found.tooFew === 0 ? [] : [`${counted(found.tooFew, 'release')} by too few`]),
  ];
  return [
    `${hospital} compared all journals at ${found.at} and found ${what.join(', ')}. Run \`tutela custody reconcile\`.`,
  ];
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** The hospitals whose custodians wait until their own operators have approved the ceremony. */
export function awaitingApproval(
  answers: readonly Answer[],
  { ceremonyId }: Pick<CeremonyProgress, 'ceremonyId'>,
): readonly string[] {
  return answers
    .filter((answer) => {
      const open = ceremonyIn(answer);
      return open?.ceremonyId === ceremonyId && open.step === 'await-approval';
    })
    .map(({ hospital }) => hospital);
}

/** An open ceremony in sentences: which custodians it waits for, and what an operator can do. */
export function describeCeremony(ceremony: CeremonyProgress, awaiting: readonly string[]): readonly string[] {
  const { ceremonyId, kind, members, missing, startedBy, threshold } = ceremony;
  const parts = [
    ['joined', missing.join],
    ['dealt', missing.deal],
    ['confirmed', missing.confirm],
  ] as const;
  return [
    `The ${kind} ${ceremonyId}, started by ${startedBy}, is open.`,
    `  the key is for ${members.map(({ mspId }) => mspId).join(', ')}, ${threshold} of which must agree`,
    ...parts.flatMap(([done, names]) =>
      names.length === 0 ? [] : [`  not ${done} yet: ${names.join(', ')}`],
    ),
    ...awaiting.map((id) => `Approve it for ${id}: \`tutela custody approve ${ceremonyId} ${id}\`.`),
    `End it without a result: \`tutela custody abort ${ceremonyId}\`.`,
  ];
}

function ceremonyIn({ custody }: Answer): CeremonyProgress | undefined {
  return 'ceremony' in custody ? custody.ceremony : undefined;
}

/** A custodian that does not answer is a row of the table, not an error. */
async function accountOf(context: HospitalContext): Promise<Answer> {
  const hospital = context.hospital.id;
  try {
    return { hospital, custody: await custodyOf(context) };
  } catch (error) {
    return { hospital, custody: { state: 'unreachable', reason: messageOf(error) } };
  }
}

function row(answer: Answer): readonly string[] {
  const { custody, hospital } = answer;
  const field = (name: string) => {
    const value = (custody as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '-';
  };
  const ceremony = ceremonyIn(answer);
  const note = ceremony === undefined ? field('reason') : `${ceremony.kind}: ${ceremony.step}`;
  return [
    hospital,
    custody.state,
    field('epoch'),
    field('threshold'),
    field('peer'),
    note === '-' ? '' : note,
  ];
}
