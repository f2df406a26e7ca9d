// SPDX-License-Identifier: Apache-2.0
import type { Ceremony, CeremonyComplaint, LedgerDealing } from '../domain/custody.js';
import type { MspId } from '../domain/ids.js';

/** What of a ceremony is decided at its start, and how it ended; contributions have keys of their own. */
export type CeremonyHead = Readonly<
  Omit<Ceremony, 'joins' | 'dealings' | 'confirmations' | 'complaints' | 'phase'> & {
    ended?: 'active' | 'aborted';
  }
>;

/** One member's contribution to a ceremony; each has its own key, so members never wait for one another. */
export type CeremonyPart =
  | Readonly<{ kind: 'join'; from: MspId; ephemeralKey: string }>
  | Readonly<{ kind: 'deal'; from: MspId; dealing: LedgerDealing }>
  | Readonly<{ kind: 'confirm'; from: MspId; transcriptHash: string }>
  | Readonly<{ kind: 'complain'; from: MspId; complaint: CeremonyComplaint }>;
