// SPDX-License-Identifier: Apache-2.0
import {
  DEGRADED_INFO_PREFIX,
  DEGRADED_REPLY_PREFIX,
  degradedInfo,
  segmentNameOf,
  tagged,
  type Custodian,
  type CustodianSet,
  type MspId,
  type SignedDegradedReply,
} from '@tutela/chaincode/domain';
import type { CapsuleShare, HpkeKeyPair } from '@tutela/crypto';
import { sharesOnOneChain, type ChainPlace, type SignedReveal } from '../release-replies.js';
import { openShare, type OpenedReply } from '../open-share.js';
import { wantedKeyOf, type WantedKey } from '../wanted-key.js';

/** Of which request, sealed to which session key, of which set and channel shares are. */
export type DegradedShares = Readonly<{
  channel: string;
  requestHash: string;
  session: HpkeKeyPair;
  set: CustodianSet;
}>;

/**
 * The key of one segment, where it could be had; the members whose signed reply held no true share, and the evidence
 * that convicts some of them.
 */
export type DegradedKey = Readonly<{
  key: Uint8Array | undefined;
  wrong: readonly MspId[];
  lies: readonly SignedReveal[];
}>;

type Placed = Readonly<{ share: CapsuleShare; place: ChainPlace; reveal: SignedReveal }>;

/**
 * The key of one segment from what custodians answered, of those that agree on the chain; throws CONTENT_CORRUPT when shares that are all proven give a key that does not fit.
 */
export function degradedKey(
  context: DegradedShares,
  wanted: WantedKey,
  answers: readonly Readonly<{ custodian: Custodian; reply: SignedDegradedReply }>[],
): DegradedKey {
  const unopened: MspId[] = [];
  const lies: SignedReveal[] = [];
  const placed = answers.flatMap(({ custodian, reply }): readonly Placed[] => {
    const opened = openDegradedReply(context, custodian, wanted, reply);
    if (opened.kind === 'unsigned') return [];
    const { mspId } = custodian;
    if (opened.kind === 'unopened') {
      unopened.push(mspId);
      return [];
    }
    const reveal = { mspId, revealed: opened.revealed, evidence: reply };
    if (opened.kind === 'share') return [{ share: opened.share, place: reply.reply, reveal }];
    lies.push(reveal);
    return [];
  });
  const agreeing = sharesOnOneChain(placed, ({ place }) => place);
  const shares = agreeing.map(({ share }) => share);
  const { key, falseIndices } = wantedKeyOf(context.set, wanted, shares);
  const untrue = agreeing.filter(({ share }) => falseIndices.includes(share.index));
  const found = [...lies, ...untrue.map(({ reveal }) => reveal)];
  return { key, wrong: [...unopened, ...found.map(({ mspId }) => mspId)], lies: found };
}

/** What is in a custodian's reply; `unsigned` for one that is not its own about this very release. */
function openDegradedReply(
  context: DegradedShares,
  custodian: Custodian,
  wanted: WantedKey,
  { reply, signature }: SignedDegradedReply,
): OpenedReply {
  const fits =
    reply.channel === context.channel &&
    reply.requestHash === context.requestHash &&
    segmentNameOf(reply.segment) === segmentNameOf(wanted.ref) &&
    reply.epoch === context.set.epoch;
  if (!fits) return { kind: 'unsigned' };
  return openShare(custodian, context, wanted, {
    reply,
    signed: tagged(DEGRADED_REPLY_PREFIX, reply),
    signature,
    info: tagged(DEGRADED_INFO_PREFIX, degradedInfo(reply)),
  });
}
