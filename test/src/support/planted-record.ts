// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import {
  canonicalJson,
  manifestHash,
  monthOf,
  instantOf,
  segmentLabelHash,
  streamAssociatedData,
  VAULT,
  type CustodianSet,
  type Manifest,
  type MspId,
  type RecordId,
  type SegmentId,
} from '@tutela/chaincode/domain';
import {
  createStreamKey,
  decodeBase64url,
  DEK_LENGTH,
  encodeBase64url,
  encryptPart,
  partsDigest,
  sealCapsule,
  sha256,
  SUITE_S1,
  systemRandom,
} from '@tutela/crypto';
import { openSwarmVault, parseRestCredentials } from '@tutela/ipfs-cluster';
import { setting, type Consortium, type Hospital } from './consortium.js';
import type { InsiderPerson } from './insider-person.js';
import type { PatientWallet } from './patient-wallet.js';
import { ownId, randomBytes32, randomId } from './random-id.js';

const HEADER_BYTES = 40;

/** A stream of one chunk, and what its author claims of it. */
export interface Planted {
  readonly ciphertext: Uint8Array;
  readonly commitment: Uint8Array;
}
/** What a dishonest author makes of an honest stream; `elsewhere` is the same text sealed for another record. */
export type Forge = (honest: Planted, elsewhere: Planted) => Planted;

/** Every way in which a stream of one chunk can lie while all that is anchored of it fits. */
export const FORGERIES: Readonly<Record<string, Forge>> = {
  cut: ({ ciphertext, commitment }) => ({ ciphertext: ciphertext.subarray(0, -1), commitment }),
  swapped: ({ ciphertext, commitment }) => {
    const middle = HEADER_BYTES + Math.floor((ciphertext.length - HEADER_BYTES) / 2);
    const [head, front, back] = [
      ciphertext.subarray(0, HEADER_BYTES),
      ciphertext.subarray(HEADER_BYTES, middle),
      ciphertext.subarray(middle),
    ];
    return { ciphertext: Buffer.concat([head, back, front]), commitment };
  },
  repeated: ({ ciphertext, commitment }) => ({
    ciphertext: Buffer.concat([ciphertext, ciphertext.subarray(HEADER_BYTES)]),
    commitment,
  }),
  'taken from another record': (_, elsewhere) => elsewhere,
  'committed to a second key': ({ ciphertext }) => ({ ciphertext, commitment: systemRandom(32) }),
};

/** Who plants, where, and about whom. */
export interface Planting {
  readonly consortium: Consortium;
  readonly hospital: Hospital;
  readonly author: InsiderPerson;
  readonly patient: PatientWallet;
}

/** Stores and registers a stream without any gateway, its hashes, label and capsule all in order; returns the record's id. */
export async function plantRecord(
  { consortium, hospital, author, patient }: Planting,
  text: Uint8Array,
  forge: Forge = (honest) => honest,
): Promise<string> {
  const recordId = ownId('record', hospital.mspId);
  const segmentId = randomId('segment') as SegmentId;
  const dek = systemRandom(DEK_LENGTH);
  const { channel } = consortium;
  const streams = [recordId, randomId('record') as RecordId].map((of) => {
    const aad = streamAssociatedData({ v: 1, suite: SUITE_S1, channel, recordId: of, version: 1 }, segmentId);
    const key = createStreamKey({ suite: SUITE_S1, dek, aad }, systemRandom);
    return { ciphertext: encryptPart(key, 0, true, text).ciphertext, commitment: key.commitment };
  });
  const [honest, elsewhere] = streams;
  if (honest === undefined || elsewhere === undefined) throw new Error('two streams');
  const { ciphertext, commitment } = forge(honest, elsewhere);
  const cid = await addTo(hospital, ciphertext);
  const hash = sha256(ciphertext);
  const segment = {
    segmentId,
    class: 'standard',
    category: 'device',
    dateBucket: monthOf(instantOf(Date.now())),
    securityLabels: [],
    parts: [{ cid, size: ciphertext.length, sha256: encodeBase64url(hash) }],
    size: ciphertext.length,
    sha256: encodeBase64url(partsDigest([hash])),
    com: encodeBase64url(commitment),
    ptag: randomBytes32(),
    layers: [],
    salt: randomBytes32(),
  } as const;
  const manifest: Manifest = {
    v: 1,
    suite: SUITE_S1,
    channel,
    recordId,
    version: 1,
    ownerHandle: patient.handle,
    author: hospital.mspId as MspId,
    policy: {},
    segments: [segment],
  };
  await register(author, manifest, dek);
  return recordId;
}

/** Content as it stands inside a stream: its type, with a length before it, and the bytes. */
export function framed(contentType: string, bytes: Uint8Array): Uint8Array {
  const header = Buffer.from(canonicalJson({ contentType }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, bytes]);
}

async function register({ ledger }: InsiderPerson, manifest: Manifest, dek: Uint8Array): Promise<void> {
  const set = (await ledger.evaluate('custody:GetCurrent', {})) as CustodianSet;
  const publicKey = decodeBase64url(set.publicKey, 32);
  const sealed = manifest.segments.map((segment) => {
    const label = segmentLabelHash(manifest, segment, set.kid, sha256);
    const capsule = sealCapsule({ publicKey, label }, dek, systemRandom);
    return { segmentId: segment.segmentId, label, capsule };
  });
  const { recordId, version, ownerHandle } = manifest;
  const labels = sealed.map(({ segmentId, label }) => ({ segmentId, label: encodeBase64url(label) }));
  const capsules = sealed.map(({ segmentId, capsule }) => ({ segmentId, capsule: encodeBase64url(capsule) }));
  const request = { recordId, version, ownerHandle, manifestHash: manifestHash(manifest, sha256), labels };
  const vault = new TextEncoder().encode(JSON.stringify({ manifest, capsules }));
  await ledger.submit('record:Register', request, { transient: { [VAULT]: vault } });
}

/** At the author's own node alone: the others fetch by their own ledgers what a record names. */
async function addTo({ gatewayEnv }: Hospital, bytes: Uint8Array): Promise<string> {
  const credentials = await readFile(setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE'), 'utf8');
  const vault = openSwarmVault({
    kuboSocket: setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET'),
    clusterUrl: setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_URL'),
    credentials: parseRestCredentials(credentials.trim()),
    pinIndexPath: ':memory:',
  });
  try {
    return (await vault.addPart(bytes)).cid;
  } finally {
    await vault.close();
  }
}
