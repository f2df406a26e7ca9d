// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EnrolmentId } from '@tutela/chaincode/domain';
import { systemRandom } from '@tutela/crypto';
import { openState } from '../state/open-state.js';
import { unlockState } from '../state/unlock-state.js';
import type { CertificateAuthority, Registration } from './certificate-authority.js';
import { createFabricIdentities } from './fabric-identities.js';
import type { Identities, Signer } from './identity.js';
import { SealedKeys } from './sealed-keys.js';

const ID = 'pr_aaaaaaaaaaaaaaaaaaaaaa' as EnrolmentId;
const process: Signer = {
  certificate: 'certificate of a process',
  sign: () => Promise.resolve(new Uint8Array(0)),
  signStatement: () => '',
};

/** An authority that hands back the request as if it were the certificate, so that a test can read the key in it. */
function authority(): CertificateAuthority & { registered: Registration[] } {
  const registered: Registration[] = [];
  return {
    registered,
    register: (registration) => {
      registered.push(registration);
      return Promise.resolve();
    },
    enrol: ({ requestPem }) => Promise.resolve(requestPem),
    close: () => Promise.resolve(),
  };
}

const passphraseName = 'the passphrase in /media/gateway-passphrase';

function identitiesIn(file: string, ca = authority()): Identities {
  const state = openState(file);
  const { atRest, personTag: tagKey } = unlockState(
    state,
    { passphrase: 'correct horse', passphraseName },
    systemRandom,
  );
  const keys = new SealedKeys(state, atRest, systemRandom);
  return createFabricIdentities({
    keys,
    authority: ca,
    gateway: process,
    registrar: process,
    tagKey,
    random: systemRandom,
  });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutela-state-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a practitioner’s identity', () => {
  test('is issued once, with a random secret and the role as attribute, and signs after a restart', async () => {
    const file = join(folder, 'state.db');
    const ca = authority();
    const identities = identitiesIn(file, ca);
    const { publicKey, enrol } = await identities.prepare(ID, 'nurse');
    expect(ca.registered).toEqual([]);
    await enrol();
    await enrol();
    const again = await identities.prepare(ID, 'nurse');
    await again.enrol();
    expect(again.publicKey).toBe(publicKey);
    expect(ca.registered).toEqual([{ id: ID, role: 'nurse', secret: expect.stringMatching(/^[\w-]{32}$/) }]);
    const before = await identities.signerOf({ kind: 'practitioner', practitionerId: ID });
    const after = await identitiesIn(file).signerOf({ kind: 'practitioner', practitionerId: ID });
    expect(after.certificate).toBe(before.certificate);
    const digest = createHash('sha256').update('message').digest();
    expect((await after.sign(digest)).length).toBeGreaterThan(60);
  });

  test('that was never issued here is nobody’s', async () => {
    const identities = identitiesIn(':memory:');
    const asked = async (): Promise<Signer> =>
      identities.signerOf({ kind: 'practitioner', practitionerId: ID });
    await expect(asked()).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
    expect((await identities.signerOf({ kind: 'gateway' })).certificate).toBe(process.certificate);
  });
});

describe('attack 26: the gateway’s whole disk', () => {
  test('holds no private key in clear, is readable to its owner alone, and opens under no other passphrase', async () => {
    const file = join(folder, 'state.db');
    const identities = identitiesIn(file);
    await (await identities.prepare(ID, 'nurse')).enrol();
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name)).includes('PRIVATE KEY')).toBe(false);
    expect(statSync(file).mode & 0o077).toBe(0);
    const wrong = (): unknown =>
      unlockState(openState(file), { passphrase: 'wrong horse', passphraseName }, systemRandom);
    expect(wrong).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test('one practitioner’s key does not open as another’s', async () => {
    const state = openState(':memory:');
    const keys = new SealedKeys(state, systemRandom(32), systemRandom);
    keys.save(ID, { certificate: 'certificate', privateKey: 'key' });
    state.exec("UPDATE identity SET practitioner = 'pr_bbbbbbbbbbbbbbbbbbbbbb'");
    expect(() => keys.find('pr_bbbbbbbbbbbbbbbbbbbbbb' as EnrolmentId)).toThrow(
      expect.objectContaining({ code: 'AT_REST' }),
    );
    await Promise.resolve();
  });
});

describe('a person’s tag', () => {
  test('is the same for one person, differs between persons and hospitals, and is no plain hash', () => {
    const [alder, birch] = [identitiesIn(':memory:'), identitiesIn(':memory:')];
    const tag = alder.personTag('staff-4711');
    expect(tag).toMatch(/^[\w-]{43}$/);
    expect(alder.personTag('staff-4711')).toBe(tag);
    expect(alder.personTag('staff-4712')).not.toBe(tag);
    expect(birch.personTag('staff-4711')).not.toBe(tag);
    expect(createHash('sha256').update('staff-4711').digest('base64url')).not.toBe(tag);
  });
});
