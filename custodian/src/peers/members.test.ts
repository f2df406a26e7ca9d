// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import type { MemberAuthorities } from '../ledger/ledger.js';
import { testTlsAuthority } from '../testing/test-tls.js';
import { Members } from './members.js';

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

describe('whose a TLS certificate is', () => {
  test('says the authority that issued it, among those of the channel', async () => {
    const members = new Members({ memberAuthorities: () => Promise.resolve(roots) }, () => 0);
    expect(await members.hospitalOf(await shownBy(birch))).toBe('BirchMSP');
    expect(await members.hospitalOf(await shownBy(cedar))).toBe('CedarMSP');
  });

  test('attack 5: an authority that calls itself by another hospital’s name is nobody', async () => {
    const members = new Members({ memberAuthorities: () => Promise.resolve(roots) }, () => 0);
    const impostor = await shownBy(await testTlsAuthority('cedar'));
    await expect(members.hospitalOf(impostor)).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
  });

  test('a hospital that left is nobody within a minute, and a peer that is away changes nothing', async () => {
    let now = 0;
    let answer = (): Promise<readonly MemberAuthorities[]> => Promise.resolve(roots);
    const members = new Members({ memberAuthorities: () => answer() }, () => now);
    const certificate = await shownBy(cedar);
    expect(await members.hospitalOf(certificate)).toBe('CedarMSP');
    now += MINUTE_MS;
    answer = () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'the own peer is away'));
    expect(await members.hospitalOf(certificate)).toBe('CedarMSP');
    now += 1_000;
    answer = () => Promise.resolve(roots.slice(0, 1));
    await expect(members.hospitalOf(certificate)).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
  });

  test('a hospital that has just joined is known within a second', async () => {
    let now = 0;
    let answer: readonly MemberAuthorities[] = roots.slice(0, 1);
    const members = new Members({ memberAuthorities: () => Promise.resolve(answer) }, () => now);
    const certificate = await shownBy(cedar);
    await expect(members.hospitalOf(certificate)).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
    answer = roots;
    now += 1_000;
    expect(await members.hospitalOf(certificate)).toBe('CedarMSP');
  });
});
