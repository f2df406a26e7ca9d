// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import {
  CryptoError,
  decodeBase64url,
  makeShare,
  openAtRest,
  recoverKey,
  restoreStreamKey,
  SUITE_S1,
  utf8,
  verifyCapsule,
  verifyShare,
  sha256,
  type CapsuleShare,
} from '@tutela/crypto';
import { segmentLabelHash, streamAssociatedData, type ReleaseContext } from '@tutela/chaincode/domain';
import { setting, type Hospital } from './consortium.js';

const HEADER_BYTES = 40;
const shareFile = z.looseObject({ epoch: z.int(), index: z.int(), secret: z.string() });

/** A share of the consortium key as a thief reads it. */
export interface StolenShare {
  readonly epoch: number;
  readonly index: number;
  readonly secret: Uint8Array;
}

/** Opens every share on a hospital's disk with the passphrase that lies beside it. */
export async function stealShares({ custodianEnv, mspId }: Hospital): Promise<readonly StolenShare[]> {
  const passphrase = await readFile(setting(custodianEnv, 'TUTELA_CUSTODIAN_PASSPHRASE_FILE'), 'utf8');
  const folder = setting(custodianEnv, 'TUTELA_CUSTODIAN_STATE_DIR');
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries
    .filter(({ name }) => /^\d+-cer_.*\.sealed$/.test(name))
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => {
      const place = utf8(`Tutela-v1-share/${mspId}/${basename(file)}`);
      const opened = openAtRest({ passphrase: passphrase.trim() }, await readFile(file), place);
      const { epoch, index, secret } = shareFile.parse(JSON.parse(new TextDecoder().decode(opened)));
      return { epoch, index, secret: decodeBase64url(secret, 32) };
    }),
  );
}

/** How far a thief came with a capsule, its ciphertext and some shares. */
export interface Attempted {
  /** Shares that are what they claim to be. */
  readonly genuineShares: number;
  readonly threshold: number;
  /** Codes with which combining what there is, and decrypting under the result, failed; `OPENED` if it did not. */
  readonly combining: string;
  readonly decrypting: string;
}

/** The key of a segment, recovered with enough shares; throws the kernel's refusal without. */
export function recoverStolen(
  context: ReleaseContext,
  segmentId: string,
  stolen: readonly StolenShare[],
): Uint8Array {
  const { common } = materialOf(context, segmentId, stolen);
  const { threshold } = context.custodians;
  return recoverKey({ ...common, threshold, accepts: () => true }).key;
}

/** Tries to open one segment with the shares at hand, as they are and as if they were enough. */
export function tryToOpen(
  of: ReleaseContext,
  segmentId: string,
  loot: { readonly shares: readonly StolenShare[]; readonly ciphertext: Uint8Array },
): Attempted {
  const { manifest, segment, common, isGenuine } = materialOf(of, segmentId, loot.shares);
  const { threshold } = of.custodians;
  const { shares } = common;
  const header = loot.ciphertext.subarray(0, HEADER_BYTES);
  const decrypt = (dek: Uint8Array) =>
    restoreStreamKey(
      { suite: SUITE_S1, dek, aad: streamAssociatedData(manifest, segment.segmentId) },
      header,
      decodeBase64url(segment.com, 32),
    );
  return {
    genuineShares: shares.filter(isGenuine).length,
    threshold,
    combining: codeOf(() => recoverKey({ ...common, threshold, accepts: () => true })),
    decrypting: codeOf(() =>
      decrypt(recoverKey({ ...common, threshold: shares.length, accepts: () => true }).key),
    ),
  };
}

/** What there is of a segment, and the shares that the stolen secrets make of its capsule. */
function materialOf(
  { custodians, records, capsules }: ReleaseContext,
  segmentId: string,
  stolen: readonly StolenShare[],
) {
  const manifest = records[0]?.manifest;
  const segment = manifest?.segments.find((each) => each.segmentId === segmentId);
  const sealed = capsules.find(({ ref }) => ref.segmentId === segmentId)?.capsule;
  if (manifest === undefined || segment === undefined || sealed === undefined)
    throw new Error('nothing to open');
  const capsule = decodeBase64url(sealed);
  const label = segmentLabelHash(manifest, segment, custodians.kid, sha256);
  const context = { publicKey: decodeBase64url(custodians.publicKey, 32), label };
  const { u } = verifyCapsule(context, capsule);
  const verificationKeys = custodians.verificationKeys.map((key) => decodeBase64url(key, 32));
  const shares = stolen
    .filter(({ epoch }) => epoch === custodians.epoch)
    .map((share) => makeShare(context, capsule, share));
  const isGenuine = (share: CapsuleShare) => {
    const verificationKey = verificationKeys[share.index - 1];
    return verificationKey !== undefined && verifyShare(share, { verificationKey, label, u });
  };
  const common = { context, capsule, epoch: custodians.epoch, verificationKeys, shares };
  return { manifest, segment, common, isGenuine };
}

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'OPENED';
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
}
