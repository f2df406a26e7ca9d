// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { packageChaincode } from './chaincode-package.js';

const code = Buffer.from('console.log("chaincode")\n');
const digest = createHash('sha256').update(code).digest('hex');

async function entries(archive: Buffer): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  const tar = extract();
  tar.end(gunzipSync(archive));
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    found[entry.header.name] = Buffer.concat(chunks);
  }
  return found;
}

describe('a chaincode package', () => {
  test('is named by the digest of the server that it stands for', async () => {
    const { bytes, release } = await packageChaincode('/file.cjs', code);
    const label = `tutela_1.0-${digest.slice(0, 16)}`;
    expect(release).toEqual({
      file: '/file.cjs',
      digest,
      version: `1.0-${digest.slice(0, 16)}`,
      label,
      packageId: `${label}:${createHash('sha256').update(bytes).digest('hex')}`,
    });
  });

  test('holds the type, the label and the digest, and no code', async () => {
    const { bytes, release } = await packageChaincode('/file.cjs', code);
    const outer = await entries(bytes);
    expect(Object.keys(outer)).toEqual(['metadata.json', 'code.tar.gz']);
    expect(outer['metadata.json']?.toString()).toBe(`{"type":"ccaas","label":"${release.label}"}`);
    const inner = await entries(outer['code.tar.gz'] ?? Buffer.alloc(0));
    expect(Object.entries(inner).map(([name, text]) => [name, text.toString()])).toEqual([
      ['release.json', JSON.stringify({ digest, version: release.version })],
    ]);
  });

  test('is the same bytes every time, with nothing of the machine in its header', async () => {
    const [one, other] = await Promise.all([
      packageChaincode('/file.cjs', code),
      packageChaincode('/elsewhere.cjs', code),
    ]);
    expect(one.bytes.equals(other.bytes)).toBe(true);
    expect([...one.bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
  });

  test('has another id when one byte of the code differs', async () => {
    const one = await packageChaincode('/file.cjs', code);
    const other = await packageChaincode('/file.cjs', Buffer.concat([code, Buffer.of(10)]));
    expect(other.release.packageId).not.toBe(one.release.packageId);
  });
});
