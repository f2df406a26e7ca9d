// SPDX-License-Identifier: Apache-2.0

/** A part that the ledger names, and the hospitals that registered what names it. */
export interface WishedPart {
  readonly cid: string;
  readonly authors: readonly string[];
}

/** One step towards the wished state at the own node; every step is idempotent, and none takes anything away. */
export interface OwnStep {
  readonly kind: 'hold' | 'pin';
  readonly cid: string;
}

/** As {@link OwnStep}, at another hospital. */
export interface KeepStep {
  readonly kind: 'keep';
  readonly cid: string;
  readonly hospital: string;
}

/** Where a part is to lie: the hospitals in the order in which they hold it, this one, and how many copies there are to be. */
export interface Place {
  readonly order: readonly string[];
  readonly own: string;
  readonly copies: number;
}

/** What is known of a part at the own node. */
export interface OwnSituation extends Place {
  readonly cid: string;
  /** Whether the own node pins it with all of its blocks. */
  readonly held: boolean;
  /** Whether the own pinset names it. */
  readonly entered: boolean;
}

/** Tells whether the rule has this hospital hold a part. */
export function isHolder({ order, own, copies }: Place): boolean {
  return order.slice(0, copies).includes(own);
}

/** Plans a part at the own node: fetch what is to be here, and give what is here an entry in the own pinset. */
export function planOwn(situation: OwnSituation): readonly OwnStep[] {
  const { cid, held, entered } = situation;
  if (held) return entered ? [] : [{ kind: 'pin', cid }];
  return isHolder(situation) ? [{ kind: 'hold', cid }] : [];
}

/** What is known of a part at the other hospitals. */
export interface OtherSituation extends Place {
  readonly held: boolean;
  /** Other hospitals that say that they hold it. */
  readonly holders: ReadonlySet<string>;
  /** Other hospitals that are not asked again. */
  readonly tried: ReadonlySet<string>;
  /** Those among them that have fallen silent, and may soon say again that they hold it. */
  readonly awaited: ReadonlySet<string>;
}

/** How many copies of a part are not known to be there. */
export function missingCopies({ order, copies, held, holders }: OtherSituation): number {
  return Math.max(0, Math.min(copies, order.length) - holders.size - (held ? 1 : 0));
}

/** The other hospitals that are asked next: as many as copies are missing and not awaited, the first in the order. */
export function nextToAsk(situation: OtherSituation): readonly string[] {
  const { order, own, holders, tried, awaited } = situation;
  return order
    .filter((hospital) => hospital !== own && !holders.has(hospital) && !tried.has(hospital))
    .slice(0, Math.max(0, missingCopies(situation) - awaited.size));
}
