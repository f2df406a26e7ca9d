// SPDX-License-Identifier: Apache-2.0
import { createHash, KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import {
  capsuleHash,
  DEGRADED_INFO_PREFIX,
  DEGRADED_REPLY_PREFIX,
  degradedInfo,
  degradedRequestHash,
  DomainError,
  isInForce,
  permitted,
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  segmentLabelHash,
  tagged,
  toBase64Url,
  type Custodian,
  type DegradedContext,
  type DegradedRelease,
  type DegradedReply,
  type ErrorCode,
  type IntentId,
  type IntentSegment,
  type Instant,
  type MspId,
  type ReleaseContext,
  type ReleasedObject,
  type ReleaseRequest,
  type ReleaseReply,
  type SegmentRef,
  type SignedAcknowledgement,
  type SignedDegradedReply,
  type SignedDegradedRequest,
  type SignedReleaseReply,
  type SignedRevocation,
  type SignedSuspension,
} from '@tutela/chaincode/domain';
import { acknowledgeDegraded, type TestWorld } from '@tutela/chaincode/testing';
import {
  decodeBase64url,
  encodeShare,
  hpkeSeal,
  makeShare,
  sha256,
  systemRandom,
  type CapsuleShare,
  type CustodyKey,
} from '@tutela/crypto';
import type { Custodians, DegradedCustodians, ReleaseAnswer } from '../keys/keys.js';

/** How a custodian misbehaves, if it does. */
export type CustodianFault =
  | Readonly<{ kind: 'down' }>
  | Readonly<{ kind: 'refuses'; code: ErrorCode }>
  /** A well signed reply whose share is of another secret. */
  | Readonly<{ kind: 'lies' }>
  /** A reply with another epoch's number. */
  | Readonly<{ kind: 'old-epoch' }>
  /** A share, good unless it lies, given on another chain, at the height of the others or at one of its own. */
  | Readonly<{ kind: 'forked'; height?: number; lies?: true }>
  /** A well signed reply, sealed as it should be, about other bytes than a share. */
  | Readonly<{ kind: 'malformed'; share: Uint8Array }>
  /** A well signed reply whose seal does not open. */
  | Readonly<{ kind: 'unopenable' }>
  /** A well signed reply for another label than the ledger's, as a custodian gives it whose peer has another chain. */
  | Readonly<{ kind: 'other-label' }>
  /** A well signed reply about another capsule than the ledger's, with a share that is not true of the ledger's. */
  | Readonly<{ kind: 'other-capsule' }>
  /** A well signed reply that names another hash than that of the share in its seal. */
  | Readonly<{ kind: 'other-hash' }>
  /** A good reply whose signature carries stray bits in its last character. */
  | Readonly<{ kind: 'stray-bits' }>
  /** A reply that another key signed. */
  | Readonly<{ kind: 'forged' }>
  | Readonly<{ kind: 'slow'; ms: number }>
  /** Takes every question of a stall, and answers none until it is no longer asked. */
  | Readonly<{ kind: 'silent' }>
  /** Does not wait for an intent that its peer does not have. */
  | Readonly<{ kind: 'hasty' }>;

const PATIENCE_TURNS = 50;
const HASH = createHash('sha256').update('block').digest('base64url');

/** Custodians in this process with the shares of a test world; each decides on the intent in current state. */
export class InProcessCustodians implements Custodians, DegradedCustodians {
  readonly faults = new Map<MspId, CustodianFault>();
  readonly held = new Map<MspId, Set<string>>();
  /** Custodians in the order in which they were asked for a release. */
  readonly asked: MspId[] = [];
  readonly #world: TestWorld;

  constructor(world: TestWorld) {
    this.#world = world;
  }

  async release(custodian: Custodian, { intentId }: ReleaseRequest): Promise<ReleaseAnswer> {
    const fault = this.faults.get(custodian.mspId);
    this.asked.push(custodian.mspId);
    if (fault?.kind === 'down') throw new DomainError('TOO_FEW_CUSTODIANS', 'does not answer');
    if (fault?.kind === 'refuses') throw new DomainError(fault.code, 'refused');
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const hospital = this.#hospital(custodian.mspId);
    const context = await this.#contextOf(hospital, intentId, fault?.kind === 'hasty' ? 0 : PATIENCE_TURNS);
    const wanted = permitted(context.intent);
    const refused = wanted.flatMap((segment) => {
      const code = this.#refusal(custodian.mspId, context, segment);
      const { recordId, version, segmentId } = segment;
      return code === undefined ? [] : [{ segment: { recordId, version, segmentId }, code }];
    });
    const open = wanted.filter(
      ({ segmentId }) => !refused.some(({ segment }) => segment.segmentId === segmentId),
    );
    return { replies: open.map((segment) => this.#reply(custodian.mspId, context, segment, fault)), refused };
  }

  hold(custodian: Custodian, { statement }: SignedRevocation | SignedSuspension): Promise<void> {
    const { mspId } = custodian;
    if (this.faults.get(mspId)?.kind === 'down')
      return Promise.reject(new DomainError('TOO_FEW_CUSTODIANS', 'does not answer'));
    const on = statement.kind === 'revocation' ? statement.consentId : statement.practitionerId;
    this.held.set(mspId, new Set([...(this.held.get(mspId) ?? []), on]));
    return Promise.resolve();
  }

  async acknowledge(
    { mspId }: Custodian,
    request: SignedDegradedRequest,
    signal: AbortSignal,
  ): Promise<SignedAcknowledgement> {
    await this.#untilWilling(mspId, signal);
    const forger = this.faults.get(mspId)?.kind === 'forged' ? this.#another(mspId) : mspId;
    return acknowledgeDegraded(this.#world, this.#hospital(forger).custodian, request, { mspId });
  }

  async releaseDegraded(
    { mspId }: Custodian,
    { request, segments = request.statement.segments }: DegradedRelease,
    signal: AbortSignal,
  ): Promise<readonly SignedDegradedReply[]> {
    await this.#untilWilling(mspId, signal);
    const { handle, scope, requester } = request.statement;
    const question = { handle, scope, people: [requester], segments };
    const { custodian } = this.#hospital(mspId);
    const { answer } = await this.#world.run(custodian, 'degraded:GetContext', question);
    return segments.map((of) => this.#degradedReply(mspId, answer as DegradedContext, request, of));
  }

  async #untilWilling(mspId: MspId, signal: AbortSignal): Promise<void> {
    const fault = this.faults.get(mspId);
    if (fault?.kind === 'down') throw new DomainError('TOO_FEW_CUSTODIANS', 'does not answer');
    if (fault?.kind === 'refuses') throw new DomainError(fault.code, 'refused');
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.kind !== 'silent') return;
    if (!signal.aborted) await once(signal, 'abort');
    throw new DomainError('TOO_FEW_CUSTODIANS', 'is no longer asked');
  }

  #degradedReply(
    mspId: MspId,
    context: DegradedContext,
    request: SignedDegradedRequest,
    segment: SegmentRef,
  ): SignedDegradedReply {
    const fault = this.faults.get(mspId);
    const { share, label, of } = this.#share(mspId, context, segment, fault);
    const revealed = fault?.kind === 'malformed' ? fault.share : encodeShare(share);
    const { channel } = this.#world.ledger;
    const { epoch } = context.custodians;
    const requestHash = degradedRequestHash(request, sha256);
    const head = { v: 2, suite: 1, channel, requestHash, segment, epoch, index: share.index } as const;
    const sealContext = { info: tagged(DEGRADED_INFO_PREFIX, degradedInfo(head)), aad: label };
    const sealed = hpkeSeal(
      decodeBase64url(request.statement.sessionKey),
      sealContext,
      revealed,
      systemRandom,
    );
    const reply: DegradedReply = {
      ...head,
      ...of,
      sealed: toBase64Url(sealed),
      shareHash: toBase64Url(sha256(revealed)),
      ...placeOf(mspId, fault),
    };
    const signer = fault?.kind === 'forged' ? this.#another(mspId) : mspId;
    const signature = this.#sign(signer, tagged(DEGRADED_REPLY_PREFIX, reply));
    return { reply, signature: fault?.kind === 'stray-bits' ? withStrayBits(signature) : signature };
  }

  /** What its peer says of an intent, awaited for some rounds of the event loop. */
  async #contextOf(
    hospital: TestWorld['hospitals'][number],
    intentId: IntentId,
    rounds: number,
  ): Promise<ReleaseContext> {
    try {
      const { answer } = await this.#world.run(hospital.custodian, 'access:GetReleaseContext', { intentId });
      return answer as ReleaseContext;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'NOT_FOUND') throw error;
      if (rounds === 0) throw new DomainError('INTENT_UNCOMMITTED', 'the own peer does not have the intent');
      await new Promise(setImmediate);
      return this.#contextOf(hospital, intentId, rounds - 1);
    }
  }

  #refusal(mspId: MspId, { consents }: ReleaseContext, segment: IntentSegment): ErrorCode | undefined {
    if (segment.decision !== 'permit' || segment.consentId === undefined) return undefined;
    if (this.held.get(mspId)?.has(segment.consentId) === true) return 'HELD';
    const consent = consents.find(({ statement }) => statement.consentId === segment.consentId);
    const now = this.#world.ledger.now as Instant;
    return consent !== undefined && isInForce(consent, now) ? undefined : 'NO_CONSENT';
  }

  #reply(mspId: MspId, context: ReleaseContext, of: SegmentRef, fault?: CustodianFault): SignedReleaseReply {
    const share = this.#share(mspId, context, of, fault);
    const revealed = fault?.kind === 'malformed' ? fault.share : encodeShare(share.share);
    const place = { recordId: of.recordId, version: of.version, segmentId: of.segmentId };
    const head = {
      v: 2,
      suite: 1,
      channel: this.#world.ledger.channel,
      intentId: context.intent.intentId,
      segment: place,
      epoch: fault?.kind === 'old-epoch' ? context.custodians.epoch + 1 : context.custodians.epoch,
      index: share.share.index,
    } as const;
    const info = tagged(fault?.kind === 'unopenable' ? 'other' : RELEASE_INFO_PREFIX, releaseInfo(head));
    const label = fault?.kind === 'other-label' ? decodeBase64url(HASH) : share.label;
    const sealContext = { info, aad: label };
    const sessionKey = decodeBase64url(context.intent.sessionKey);
    const reply: ReleaseReply = {
      ...head,
      ...share.of,
      label: toBase64Url(label),
      sealed: toBase64Url(hpkeSeal(sessionKey, sealContext, revealed, systemRandom)),
      shareHash: fault?.kind === 'other-hash' ? HASH : toBase64Url(sha256(revealed)),
      ...placeOf(mspId, fault),
    };
    const signer = fault?.kind === 'forged' ? this.#another(mspId) : mspId;
    const signature = this.#sign(signer, tagged(RELEASE_SIGNATURE_PREFIX, reply));
    return { reply, signature: fault?.kind === 'stray-bits' ? withStrayBits(signature) : signature };
  }

  #share(
    mspId: MspId,
    { records, capsules, custodians }: Pick<ReleaseContext, 'records' | 'capsules' | 'custodians'>,
    of: SegmentRef,
    fault?: CustodianFault,
  ): Readonly<{ share: CapsuleShare; label: Uint8Array; of: ReleasedObject }> {
    const manifest = records.find(({ version }) => version.recordId === of.recordId)?.manifest;
    const segment = manifest?.segments.find(({ segmentId }) => segmentId === of.segmentId);
    const capsule = capsules.find(({ ref }) => ref.segmentId === of.segmentId)?.capsule;
    const key: CustodyKey | undefined = this.#world.shares.get(mspId);
    if (manifest === undefined || segment === undefined || capsule === undefined || key === undefined)
      throw new DomainError('ERASED', 'nothing to release');
    const label = segmentLabelHash(manifest, segment, custodians.kid, sha256);
    const isElsewhere = fault?.kind === 'other-capsule';
    const isFalse =
      isElsewhere || fault?.kind === 'lies' || (fault?.kind === 'forked' && fault.lies === true);
    const secret = isFalse ? flipped(key.secret) : key.secret;
    const context = { publicKey: decodeBase64url(custodians.publicKey), label };
    const bytes = decodeBase64url(capsule);
    const named = {
      label: toBase64Url(label),
      capsuleHash: isElsewhere ? HASH : capsuleHash(bytes, sha256),
      transcriptHash: custodians.transcriptHash,
    };
    return { share: makeShare(context, bytes, { ...key, secret }), label, of: named };
  }

  #sign(mspId: MspId, bytes: Uint8Array): string {
    const key = KeyObject.from(this.#hospital(mspId).custodian.keys.privateKey);
    return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }

  #another(mspId: MspId): MspId {
    return this.#world.hospitals.find((hospital) => hospital.mspId !== mspId)?.mspId ?? mspId;
  }

  #hospital(mspId: MspId): TestWorld['hospitals'][number] {
    const hospital = this.#world.hospitals.find((one) => one.mspId === mspId);
    if (hospital === undefined) throw new DomainError('NOT_FOUND', 'no such hospital in this test');
    return hospital;
  }
}

/** Where this custodian's peer stands, and its journal. */
function placeOf(
  mspId: MspId,
  fault?: CustodianFault,
): Pick<ReleaseReply, 'height' | 'blockHash' | 'journalHead'> {
  const height = fault?.kind === 'forked' ? (fault.height ?? 1) : 1;
  return { height, blockHash: fault?.kind === 'forked' ? blockOf(mspId) : HASH, journalHead: HASH };
}

/** The hash of a block that only this custodian's chain has. */
function blockOf(mspId: MspId): string {
  return createHash('sha256').update(mspId).digest('base64url');
}

/** Another text that a lenient decoder reads as the same 64 bytes: its last character carries bits that count for nothing. */
function withStrayBits(signature: string): string {
  const last = signature.charCodeAt(signature.length - 1);
  return `${signature.slice(0, -1)}${String.fromCharCode(last + 1)}`;
}

function flipped(secret: Uint8Array): Uint8Array {
  const changed = secret.slice();
  changed[0] = (changed[0] ?? 0) ^ 1;
  return changed;
}
