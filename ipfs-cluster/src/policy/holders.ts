// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** A part, the hospitals that registered what names it, and all hospitals of the consortium. */
export interface Holding {
  readonly cid: string;
  readonly authors: readonly string[];
  readonly members: readonly string[];
}

/**
 * The members in the order in which they hold a part: its authors, then the others, each by its rendezvous weight. It
 * follows from the ledger alone, so all hospitals come to the same order without asking one another.
 */
export function holdersOf({ cid, authors, members }: Holding): readonly string[] {
  const named = new Set(authors);
  return [...new Set(members)]
    .map((member) => ({ member, after: named.has(member) ? 0 : 1, weight: weightOf(cid, member) }))
    .sort((one, other) => one.after - other.after || (one.weight < other.weight ? -1 : 1))
    .map(({ member }) => member);
}

function weightOf(cid: string, member: string): string {
  return createHash('sha256').update(`${cid}\u0000${member}`).digest('hex');
}
