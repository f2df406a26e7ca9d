// SPDX-License-Identifier: Apache-2.0
import {
  DEGRADED_INFO_PREFIX,
  DEGRADED_REPLY_PREFIX,
  degradedInfo,
  degradedRequestHash,
  segmentNameOf,
  tagged,
  type Custodian,
  type CustodianSet,
  type DegradedRelease,
  type ErrorCode,
  type MspId,
  type SignedDegradedReply,
} from '@tutela/chaincode/domain';
import type { HpkeKeyPair } from '@tutela/crypto';
import { asTheyAnswer } from '../as-they-answer.js';
import type { CustodyDirectory } from '../custody-directory.js';
import { sha256 } from '../hashing.js';
import { KeyShares } from '../key-shares.js';
import { openShare, type OpenedReply } from '../open-share.js';
import { refusalByCustodians } from '../release-replies.js';
import type { ServiceDeps } from '../service-deps.js';
import type { WantedKey } from '../wanted-key.js';
import type { LateAccusations } from './late-accusations.js';

type Deps = Pick<ServiceDeps, 'custodians' | 'ledger' | 'log'> & Readonly<{ custody: CustodyDirectory }>;

/** An acknowledged request, the key to which its shares are sealed, and where evidence waits for the ledger. */
export type OpenedDegraded = Readonly<{
  release: DegradedRelease;
  session: HpkeKeyPair;
  late: LateAccusations;
}>;

/** Of which request, sealed to which session key, of which set and channel shares are. */
type DegradedShares = Readonly<{
  channel: string;
  requestHash: string;
  session: HpkeKeyPair;
  set: CustodianSet;
}>;

/**
 * The key of one segment of a hospital's content, from the custodians; evidence against those that gave false shares
 * waits for the ledger, also if nothing opens. Throws the refusal that enough custodians give, TOO_FEW_CUSTODIANS, or
 * CONTENT_CORRUPT when shares that are all proven give a key that does not fit.
 */
export async function degradedKey(
  deps: Deps,
  { release, session, late }: OpenedDegraded,
  { set, author, wanted }: Readonly<{ set: CustodianSet; author: MspId; wanted: WantedKey }>,
): Promise<Uint8Array> {
  const requestHash = degradedRequestHash(release.request, sha256);
  const context = { channel: deps.ledger.channel, requestHash, session, set };
  const shares = new KeyShares(set, wanted);
  const name = segmentNameOf(wanted.ref);
  const codes: ErrorCode[] = [];
  const ask = (custodian: Custodian, signal: AbortSignal): Promise<readonly SignedDegradedReply[]> =>
    deps.custodians.releaseDegraded(custodian, { ...release, segments: [wanted.ref] }, signal);
  try {
    for await (const answered of asTheyAnswer(await deps.custody.custodians(), set, ask)) {
      if ('code' in answered) {
        codes.push(answered.code);
        continue;
      }
      const { custodian, answer } = answered;
      const evidence = answer.find(({ reply }) => segmentNameOf(reply.segment) === name);
      if (evidence === undefined) continue;
      shares.add(custodian.mspId, evidence, openDegradedReply(context, custodian, wanted, evidence));
      if (shares.key !== undefined) return shares.key;
    }
  } finally {
    const wrong = [...shares.unopened, ...shares.wrong.map(({ mspId }) => mspId)];
    if (wrong.length > 0) deps.log.error({ requestHash, wrong }, 'custodians gave wrong shares');
    late.add(author, shares.wrong);
  }
  throw refusalByCustodians(codes, set);
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
