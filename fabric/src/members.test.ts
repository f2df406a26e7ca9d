// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { Members } from './members.js';
import type { MemberAuthorities } from './parse-authorities.js';
import { testTlsAuthority } from './testing/test-tls.js';

type Authority = Awaited<ReturnType<typeof testTlsAuthority>>;
const MINUTE_MS = 60_000;

let birch: Authority;
let cedar: Authority;
let roots: readonly MemberAuthorities[];

beforeAll(async () => {
  [birch, cedar] = await Promise.all([testTlsAuthority('birch'), testTlsAuthority('cedar')]);
  roots = [memberOf('BirchMSP', birch), memberOf('CedarMSP', cedar)];
});

function memberOf(mspId: string, { root }: Authority): MemberAuthorities {
  return { mspId, certificates: [], tlsCertificates: [root], revocationLists: [] };
}

async function shownBy(authority: Authority): Promise<Uint8Array> {
  return new X509Certificate((await authority.issue()).certificate).raw;
}

function membersOf(answer: () => Promise<readonly MemberAuthorities[]>, clock = () => 0): Members {
  return new Members({ memberAuthorities: answer }, clock);
}

const UNKNOWN = { code: 'CALLER_UNKNOWN' };

describe('for which hospital a caller speaks', () => {
  test('is the one that it names and whose authority issued its certificate', async () => {
    const members = membersOf(() => Promise.resolve(roots));
    await members.require('BirchMSP', await shownBy(birch));
    await members.require('CedarMSP', await shownBy(cedar));
    await expect(members.require('CedarMSP', await shownBy(birch))).rejects.toMatchObject(UNKNOWN);
    await expect(members.require('ElmMSP', await shownBy(birch))).rejects.toMatchObject(UNKNOWN);
    await expect(members.require('BirchMSP', Buffer.from('rubbish'))).rejects.toMatchObject(UNKNOWN);
  });

  test('attack 5: a certificate of an authority that uses another hospital’s name is refused', async () => {
    const members = membersOf(() => Promise.resolve(roots));
    const impostor = await shownBy(await testTlsAuthority('cedar'));
    await expect(members.require('CedarMSP', impostor)).rejects.toMatchObject(UNKNOWN);
  });

  test('attack 37: what a hospital writes into its own entry shuts out that hospital alone', async () => {
    const entries = [
      'rubbish',
      'FOO',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      cedar.root.toString().replaceAll('CERTIFICATE', 'FOO'),
    ];
    for (const text of entries) {
      const alder = {
        ...roots[1],
        mspId: 'AlderMSP',
        tlsCertificates: [Buffer.from(text)],
      } as MemberAuthorities;
      const members = membersOf(() => Promise.resolve([alder, ...roots]));
      await members.require('BirchMSP', await shownBy(birch));
      await expect(members.require('AlderMSP', await shownBy(birch))).rejects.toMatchObject(UNKNOWN);
    }
  });

  test('attack 37: a hospital that names another’s TLS authority gets none of its callers, nor speaks for it', async () => {
    const alder = await testTlsAuthority('alder');
    const claims = { ...memberOf('AlderMSP', alder), tlsCertificates: [birch.root, alder.root] };
    const members = membersOf(() => Promise.resolve([claims, ...roots]));
    await members.require('BirchMSP', await shownBy(birch));
    await members.require('AlderMSP', await shownBy(alder));
    await expect(members.require('BirchMSP', await shownBy(alder))).rejects.toMatchObject(UNKNOWN);
  });

  test('a hospital that left has none within a minute, and a peer that is away changes nothing', async () => {
    let now = 0;
    let answer = (): Promise<readonly MemberAuthorities[]> => Promise.resolve(roots);
    const members = membersOf(
      () => answer(),
      () => now,
    );
    const certificate = await shownBy(cedar);
    await members.require('CedarMSP', certificate);
    now += MINUTE_MS;
    answer = () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'the own peer is away'));
    await members.require('CedarMSP', certificate);
    now += 1_000;
    answer = () => Promise.resolve(roots.slice(0, 1));
    await expect(members.require('CedarMSP', certificate)).rejects.toMatchObject(UNKNOWN);
  });

  test('a hospital that has just joined is known within a second', async () => {
    let now = 0;
    let answer: readonly MemberAuthorities[] = roots.slice(0, 1);
    const members = membersOf(
      () => Promise.resolve(answer),
      () => now,
    );
    const certificate = await shownBy(cedar);
    await expect(members.require('CedarMSP', certificate)).rejects.toMatchObject(UNKNOWN);
    answer = roots;
    now += 1_000;
    await members.require('CedarMSP', certificate);
  });
});
