// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { HospitalContext } from '../plan/context.js';
import { runOrThrow } from '../process/run.js';
import type { CustodyAccount } from './custodian-operator.js';
import { peerCommand } from './peer-command.js';

/** How many accusations the ledger answers at most; one is enough to convict. */
const pageSize = 200;
/** How long one hospital's peer may take before the next one's is asked. */
const askTimeoutMs = 5_000;

const page = z.object({
  accusations: z.array(z.looseObject({ at: z.string() })),
  bookmark: z.string().optional(),
});

/** A custodian whose signature convicts it: the ledger has false shares that it signed. */
export interface Conviction {
  readonly mspId: string;
  /** How many of these shares were read. */
  readonly times: number;
  /** Whether the ledger has further ones. */
  readonly more: boolean;
  /** When the newest that was read was written. */
  readonly newestAt: string;
}

/**
 * Asks the ledger which of these hospitals' custodians were convicted by their own signatures: the first of their peers
 * that answers, as its operator. Undefined when none answers in time.
 */
export async function convictionsOf(
  all: readonly HospitalContext[],
  timeoutMs: number,
): Promise<readonly Conviction[] | undefined> {
  const endMs = performance.now() + timeoutMs;
  for (const asked of all) {
    const leftMs = Math.min(askTimeoutMs, endMs - performance.now());
    if (leftMs <= 0) return undefined;
    const each = all.map(({ hospital }) => convictionOf(asked, hospital.mspId, Math.ceil(leftMs)));
    const found = await Promise.all(each).catch(() => undefined);
    if (found !== undefined) return found.flat();
  }
  return undefined;
}

async function convictionOf(
  asked: HospitalContext,
  mspId: string,
  timeoutMs: number,
): Promise<readonly Conviction[]> {
  const { channel, chaincode } = asked.topology;
  const question = { Args: ['custody:ListAccusations', JSON.stringify({ custodian: mspId, pageSize })] };
  const args = ['chaincode', 'query', '-C', channel, '-n', chaincode, '-c', JSON.stringify(question)];
  const answer = await runOrThrow(peerCommand(asked, args, { as: 'operator', timeoutMs }));
  const { accusations, bookmark } = page.parse(JSON.parse(answer));
  const newestAt = accusations
    .map(({ at }) => at)
    .sort()
    .at(-1);
  if (newestAt === undefined) return [];
  return [{ mspId, times: accusations.length, more: bookmark !== undefined, newestAt }];
}

/** A conviction in a sentence. */
export function describeConviction({ mspId, more, newestAt, times }: Conviction): string {
  const often = times === 1 && !more ? 'once' : `${more ? 'at least ' : ''}${times} times`;
  return `The custodian of ${mspId} was convicted by its own signature of false shares, ${often}, most recently at ${newestAt}.`;
}

/** The custodians that hold the key now, as those that answered say; undefined where none does. */
export function keyHolders(
  accounts: readonly ({ readonly members?: CustodyAccount['members'] } | undefined)[],
): readonly string[] | undefined {
  const known = accounts.flatMap((account) => account?.members ?? []).map(({ mspId }) => mspId);
  return known.length === 0 ? undefined : [...new Set(known)];
}

/** What is said of convictions that need no act any more. */
export const NO_SHARE_NOW = 'No convicted custodian holds a share now.';

/** What it means that as many must agree as hold the key; empty where fewer must. */
export function allMustAgree(threshold: number, count: number): string {
  if (count !== threshold) return '';
  return `With ${count} members and a threshold of ${threshold} all must agree: one hospital that is away stops every opening.`;
}

/** What the operators can do about convicted custodians that hold a share. */
export function convictionAdvice(
  threshold: number,
  members: readonly string[],
  convicted: readonly string[],
): string {
  const others = members.filter((mspId) => !convicted.includes(mspId));
  const reshare =
    others.length < threshold
      ? `without it fewer than ${threshold} custodians are left: have another hospital join first (\`tutela hospital add\`)`
      : `\`tutela custody reshare --threshold ${threshold} --members ${others.join(' ')}\``;
  const price = allMustAgree(threshold, others.length);
  const caution =
    price === ''
      ? ''
      : ` ${price} To avoid that, have another hospital join first (\`tutela hospital add\`).`;
  return `Read docs/custody.md, "When a custodian is convicted". Once the consortium has agreed to deal the key without it: ${reshare}.${caution}`;
}
