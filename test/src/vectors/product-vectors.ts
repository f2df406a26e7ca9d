// SPDX-License-Identifier: Apache-2.0
import {
  ACKNOWLEDGEMENT_PREFIX,
  auditReadStatement,
  DEGRADED_INFO_PREFIX,
  DEGRADED_REPLY_PREFIX,
  degradedChallenge,
  degradedInfo,
  degradedRequestHash,
  degradedSignedBytes,
  manifestHash,
  noticesStatement,
  patientKeyStatement,
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  retirementStatement,
  segmentLabelHash,
  statementBytes,
  stepUpChallenge,
  streamAssociatedData,
  suspensionBytes,
  tagged,
  toBase64Url,
} from '@tutela/chaincode/domain';
import { sha256 } from '@tutela/crypto';

/** One thing that the product hashes or signs: from which values, to which bytes or which hash, in base64url. */
export type ProductVector = Readonly<{
  name: string;
  /** What stands before the zero byte, and what follows it as canonical JSON. */
  prefix: string;
  value: object;
  bytes?: string;
  hash?: string;
}>;

const b32 = (fill: number): string => toBase64Url(new Uint8Array(32).fill(fill));
const id = (prefix: string, symbol: string): string => `${prefix}_${symbol.repeat(22)}`;
const CHANNEL = 'tutela';
const NONCE = toBase64Url(new Uint8Array(16).fill(9));
const AT = '2026-01-31T08:00:00.000Z';
const POINT = toBase64Url(Uint8Array.of(4, ...new Uint8Array(64).fill(5)));
const HANDLE = id('pt', 'a');
const KID = toBase64Url(new Uint8Array(16).fill(1));
const PLACE = { recordId: id('rec', 'a'), version: 3, segmentId: id('seg', 'a') };

const segment = {
  ...{ segmentId: PLACE.segmentId, class: 'standard', category: 'notes', dateBucket: '2026-01' },
  ...{ securityLabels: ['R'], parts: [{ cid: 'bafy', size: 1234, sha256: b32(2) }], size: 1234 },
  ...{ sha256: b32(3), com: b32(4), ptag: b32(5), layers: [], salt: b32(6) },
};
const manifest = {
  ...{ v: 1, suite: 1, channel: CHANNEL, recordId: PLACE.recordId, version: 3, ownerHandle: HANDLE },
  ...{ author: 'AlderMSP', policy: { note: 'none' }, segments: [segment] },
};
const said = {
  ...{
    label: b32(7),
    capsuleHash: b32(20),
    transcriptHash: b32(21),
    epoch: 2,
    index: 3,
    sealed: b32(8),
    shareHash: b32(9),
  },
  ...{ height: 7, blockHash: b32(10), journalHead: b32(11) },
};
const head = { v: 2, suite: 1, channel: CHANNEL };
const reply = { ...head, intentId: id('in', 'a'), segment: PLACE, ...said };
const degradedReply = { ...head, requestHash: b32(12), segment: PLACE, ...said };
const clinician = { mspId: 'AlderMSP', practitionerId: id('pr', 'a') };
const statement = {
  ...{ v: 1, kind: 'degraded-emergency', channel: CHANNEL, requester: clinician, handle: HANDLE },
  ...{ reason: 'unconscious', reasonHash: b32(13), scope: 'full', timeBoxMinutes: 30, sessionKey: b32(14) },
  ...{ segments: [PLACE], declaredAt: AT, nonce: NONCE },
};
const signature = toBase64Url(new Uint8Array(64).fill(15));
const certificate = (fill: number): string => toBase64Url(new Uint8Array(9).fill(fill));
const request = {
  statement,
  requester: { certificate: certificate(1), signature, assertion: {} },
  cosigner: { mspId: 'BirchMSP', practitionerId: id('pr', 'b'), certificate: certificate(2), signature },
  dutyOfficer: { mspId: 'CedarMSP', practitionerId: id('pr', 'c'), certificate: certificate(3), signature },
};
const suspension = {
  ...{ v: 1, kind: 'suspension', channel: CHANNEL, mspId: 'AlderMSP', practitionerId: id('pr', 'a') },
  ...{ reason: 'compromised', signedAt: AT, nonce: NONCE },
};
const by = { mspId: 'BirchMSP', practitionerId: id('pr', 'b') };

/** Everything that the product hashes and signs beside streams, capsules and ceremonies, by its own code. */
export function productVectors(): readonly ProductVector[] {
  return [...recordVectors(), ...releaseVectors(), ...statementVectors(), ...degradedVectors()];
}

function recordVectors(): readonly ProductVector[] {
  const { v, suite, channel, recordId, version, ownerHandle, author, policy } = manifest;
  const { com, size } = segment;
  const content = { com, sha256: segment.sha256, size };
  const label = {
    ...{ v, suite, channel, kid: KID, recordId, version, segmentId: segment.segmentId, ownerHandle, author },
    ...{ class: segment.class, category: segment.category, salt: segment.salt },
    policyHash: toBase64Url(sha256(tagged('Tutela-v1-policy', policy))),
    contentRoot: toBase64Url(sha256(tagged('Tutela-v1-content', content))),
  };
  // The domain's types are branded, and what is frozen here is only what they are made of.
  const [of, one] = [manifest as never, segment as never];
  const aad = { v, suite, channel, recordId, version, segmentId: segment.segmentId };
  return [
    { name: 'manifest', prefix: 'Tutela-v1-manifest', value: manifest, hash: manifestHash(of, sha256) },
    {
      ...{ name: 'label', prefix: 'Tutela-v1-label', value: label },
      hash: toBase64Url(segmentLabelHash(of, one, KID, sha256)),
    },
    {
      ...{ name: 'stream', prefix: 'Tutela-v1-stream', value: aad },
      bytes: toBase64Url(streamAssociatedData(of, segment.segmentId as never)),
    },
  ];
}

function releaseVectors(): readonly ProductVector[] {
  const { epoch, index } = said;
  const info = { ...head, intentId: reply.intentId, ...PLACE, epoch, index };
  const degraded = { ...head, requestHash: degradedReply.requestHash, ...PLACE, epoch, index };
  return [
    {
      ...{ name: 'release info', prefix: 'Tutela-v1-release', value: info },
      bytes: toBase64Url(tagged(RELEASE_INFO_PREFIX, releaseInfo(reply as never))),
    },
    {
      ...{ name: 'release reply', prefix: 'Tutela-v1-release-reply', value: reply },
      bytes: toBase64Url(tagged(RELEASE_SIGNATURE_PREFIX, reply)),
    },
    {
      ...{ name: 'degraded info', prefix: 'Tutela-v1-degraded-release', value: degraded },
      bytes: toBase64Url(tagged(DEGRADED_INFO_PREFIX, degradedInfo(degradedReply as never))),
    },
    {
      ...{ name: 'degraded reply', prefix: 'Tutela-v1-degraded-reply', value: degradedReply },
      bytes: toBase64Url(tagged(DEGRADED_REPLY_PREFIX, degradedReply)),
    },
  ];
}

function statementVectors(): readonly ProductVector[] {
  const asked = { handle: HANDLE, publicKey: POINT, nonce: NONCE };
  const key = { v: 1, kind: 'patient-key', channel: CHANNEL, mspId: 'AlderMSP', ...asked };
  const own = { channel: CHANNEL, handle: HANDLE, through: 'AlderMSP', nonce: NONCE };
  const notices = { v: 2, kind: 'notices', ...own, signedAt: AT };
  const period = { auditReadId: id('ar', 'a'), from: AT, until: AT };
  const auditRead = { v: 2, kind: 'audit-read', ...own, ...period };
  const subject = { credentialId: b32(16), publicKey: POINT, rpId: 'ward.alder.example' };
  const step = { channel: CHANNEL, act: 'register-passkey', ...clinician, subject, at: AT } as const;
  const retired = {
    ...{ v: 2, kind: 'retirement', channel: CHANNEL, handle: HANDLE, recordId: PLACE.recordId, version: 3 },
    ...{ manifestHash: b32(19), signedAt: AT, nonce: NONCE },
  };
  return [
    {
      ...{ name: 'retirement', prefix: 'Tutela-v1-statement-patient', value: retired },
      bytes: toBase64Url(statementBytes(retirementStatement(retired, '$'))),
    },
    {
      ...{ name: 'patient key', prefix: 'Tutela-v1-statement-patient', value: key },
      bytes: toBase64Url(statementBytes(patientKeyStatement(CHANNEL, 'AlderMSP' as never, asked as never))),
    },
    {
      ...{ name: 'notices', prefix: 'Tutela-v1-statement-patient', value: notices },
      bytes: toBase64Url(statementBytes(noticesStatement(notices, '$'))),
    },
    {
      ...{ name: 'audit read', prefix: 'Tutela-v1-statement-patient', value: auditRead },
      bytes: toBase64Url(
        statementBytes(
          auditReadStatement(CHANNEL, 'AlderMSP' as never, { ...period, handle: HANDLE, nonce: NONCE }),
        ),
      ),
    },
    {
      ...{ name: 'suspension', prefix: 'Tutela-v1-statement-suspension', value: { ...suspension, by } },
      bytes: toBase64Url(suspensionBytes(suspension as never, by as never)),
    },
    {
      ...{ name: 'step-up', prefix: 'Tutela-v1-step-up', value: { v: 1, ...step } },
      hash: stepUpChallenge(step as never, sha256),
    },
  ];
}

function degradedVectors(): readonly ProductVector[] {
  const named = ({ mspId, practitionerId, certificate: of }: typeof request.cosigner) => ({
    ...{ mspId, practitionerId, certificate: of },
  });
  const signers = {
    requester: request.requester.certificate,
    cosigner: named(request.cosigner),
    dutyOfficer: named(request.dutyOfficer),
  };
  const { channel, declaredAt: at } = statement;
  const step = { v: 1, channel, act: 'degraded-cosigner', ...by, subject: statement, at };
  const acknowledgement = {
    ...{ v: 1, suite: 1, channel, requestHash: b32(12), mspId: 'AlderMSP', epoch: 2, at: AT },
    journalHead: b32(11),
  };
  return [
    ...(['requester', 'cosigner', 'dutyOfficer'] as const).map((part) => ({
      ...{ name: `degraded ${part}`, prefix: `Tutela-v1-degraded-${part}`, value: statement },
      bytes: toBase64Url(degradedSignedBytes(part, statement as never)),
    })),
    {
      ...{ name: 'degraded challenge', prefix: 'Tutela-v1-step-up', value: step },
      hash: degradedChallenge(statement as never, { part: 'cosigner', ...by } as never, sha256),
    },
    {
      ...{ name: 'degraded request', prefix: 'Tutela-v1-degraded-request', value: { statement, signers } },
      hash: degradedRequestHash(request as never, sha256),
    },
    {
      ...{ name: 'acknowledgement', prefix: 'Tutela-v1-degraded-acknowledgement', value: acknowledgement },
      bytes: toBase64Url(tagged(ACKNOWLEDGEMENT_PREFIX, acknowledgement)),
    },
  ];
}
