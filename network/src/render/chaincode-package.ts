// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ChaincodeRelease } from '../plan/context.js';

/** A Fabric chaincode package, byte for byte the same wherever it is made. */
export interface ChaincodePackage {
  readonly bytes: Buffer;
  readonly release: ChaincodeRelease;
}

const definitionMajor = '1.0';
const versionDigits = 16;
const gzipOperatingSystem = 9;
const unknownSystem = 255;

/** Packages a chaincode server's file: the package carries no code, only the digest that the server must have. */
export async function packageChaincode(file: string, code: Uint8Array): Promise<ChaincodePackage> {
  const digest = createHash('sha256').update(code).digest('hex');
  const version = `${definitionMajor}-${digest.slice(0, versionDigits)}`;
  const label = `tutela_${version}`;
  const inner = await archive([['release.json', JSON.stringify({ digest, version })]]);
  const bytes = await archive([
    ['metadata.json', JSON.stringify({ type: 'ccaas', label })],
    ['code.tar.gz', inner],
  ]);
  const packageId = `${label}:${createHash('sha256').update(bytes).digest('hex')}`;
  return { bytes, release: { file, digest, version, label, packageId } };
}

async function archive(
  entries: readonly (readonly [name: string, content: string | Buffer])[],
): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of entries) {
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  const zipped = gzipSync(Buffer.concat(chunks), { level: 9 });
  // RFC 1952, section 2.3.1: the only byte of the header that depends on the machine.
  zipped[gzipOperatingSystem] = unknownSystem;
  return zipped;
}
