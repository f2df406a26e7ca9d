// SPDX-License-Identifier: Apache-2.0
import type {
  Custodian,
  CustodianSet,
  Manifest,
  ReleaseContext,
  SignedReleaseReply,
} from '@tutela/chaincode/domain';
import { encodeBase64url, generateHpkeKeyPair } from '@tutela/crypto';
import { memoryAttempt, setScene, type Scene } from '@tutela/gateway-api/testing';

/** What the content of the stored record says. */
export const RECORD_TEXT = 'Potassium 3.1 mmol/L. Repeat in two days.';

/** A record as the product stored and released it, with the secrets of the one reader for whom it was opened; bytes are base64url. */
export type StoredRecordVector = Readonly<{
  manifest: Manifest;
  manifestHash: string;
  labels: Readonly<Record<string, string>>;
  capsules: Readonly<Record<string, string>>;
  replies: Readonly<Record<string, readonly SignedReleaseReply[]>>;
  custodians: CustodianSet;
  /** P-256 keys of custodians, by MSP id. */
  signingKeys: Readonly<Record<string, string>>;
  /** X25519 private key of the reader's session. */
  sessionKey: string;
  /** Parts by their CID. */
  blocks: Readonly<Record<string, string>>;
}>;

/** Stores a record through a gateway, declares an intent, and takes the replies of as many custodians as it takes. */
export async function storedRecordVector(): Promise<StoredRecordVector> {
  const scene = await setScene();
  const { consortium, alder, reader, birch, author, patient } = scene;
  const facts = { handle: patient.handle, category: 'laboratory', class: 'standard', month: '2026-02' };
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.from(RECORD_TEXT));
  })();
  const content = { ...facts, contentType: 'text/plain' } as Parameters<
    typeof alder.services.storeRecord.storeContent
  >[1];
  const stored = await alder.services.storeRecord.storeContent(author, content, bytes, memoryAttempt());
  const { practitionerId } = reader;
  await consortium.world.grant(patient, { grantee: { kind: 'person', mspId: birch.mspId, practitionerId } });
  const session = generateHpkeKeyPair();
  const intentId = consortium.world.ownId('intent', birch.mspId);
  await consortium.world.run(birch.deps.identities.identityOf(reader), 'access:DeclareIntent', {
    ...{ intentId, handle: patient.handle, purpose: 'TREAT', basis: { kind: 'consent' } },
    sessionKey: encodeBase64url(session.publicKey),
    segments: stored.segments.map(({ segmentId }) => ({
      ...{ recordId: stored.recordId, version: stored.version, segmentId },
    })),
  });
  return vectorOf(scene, intentId, encodeBase64url(session.privateKey));
}

async function vectorOf(
  { consortium, birch, reader }: Scene,
  intentId: string,
  sessionKey: string,
): Promise<StoredRecordVector> {
  const { custodian } = birch.hospital;
  const { answer } = await consortium.world.run(custodian, 'access:GetReleaseContext', { intentId });
  const { records, capsules, custodians } = answer as ReleaseContext;
  const [record] = records;
  if (record?.manifest === undefined) throw new Error('the record has no manifest');
  const { manifest, version } = record;
  const known = (await birch.services.custody.view(reader)).custodians;
  const replies = await repliesOf(consortium, known.slice(0, custodians.threshold), intentId);
  return {
    manifest,
    manifestHash: version.manifestHash,
    labels: Object.fromEntries(version.labels.map(({ segmentId, label }) => [segmentId, label])),
    capsules: Object.fromEntries(capsules.map(({ ref, capsule }) => [ref.segmentId, capsule])),
    replies: Object.fromEntries(Map.groupBy(replies, ({ reply }) => reply.segment.segmentId)),
    custodians,
    signingKeys: Object.fromEntries(known.map(({ mspId, publicKey }) => [mspId, publicKey])),
    sessionKey,
    blocks: blocksOf(consortium, manifest),
  };
}

async function repliesOf(
  { custodians }: Scene['consortium'],
  asked: readonly Custodian[],
  intentId: string,
): Promise<readonly SignedReleaseReply[]> {
  const answers = await Promise.all(
    asked.map((custodian) => custodians.release(custodian, { intentId: intentId as never })),
  );
  return answers.flatMap(({ replies }) => replies);
}

function blocksOf(
  { swarm, gateways }: Scene['consortium'],
  { segments }: Manifest,
): Readonly<Record<string, string>> {
  const disks = gateways.map(({ mspId }) => swarm.diskOf(mspId).parts);
  const blocks = segments.flatMap(({ parts }) =>
    parts.map(({ cid }) => {
      const held = disks.flatMap((disk) => disk.get(cid) ?? []).at(0);
      if (held === undefined) throw new Error('no hospital holds a part');
      return [cid, encodeBase64url(held.bytes)] as const;
    }),
  );
  return Object.fromEntries(blocks);
}
