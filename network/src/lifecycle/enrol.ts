// SPDX-License-Identifier: Apache-2.0
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CaClient, caCredentials, type CaCredentials, type Registration } from '../identity/ca-client.js';
import { requestKey } from '../identity/key-pair.js';
import { certifiedHosts, reached, type HospitalContext } from '../plan/context.js';
import { identityPlans, tlsPlans, type IdentityPlan } from '../plan/identities.js';
import type { TlsHolder } from '../plan/layout.js';
import { bootstrapIdentity, tlsAuthority } from '../render/ca-config.js';
import { nodeOus } from '../render/node-ous.js';
import { bootstrapPassword } from './prepare-ca.js';
import { exists, writeIfChanged, writePrivate } from './files.js';

const secretBytes = 24;
const renewBeforeMs = 30 * 24 * 3600 * 1000;

/** Gives every process and operator of a hospital its identity from the hospital's own authorities; those in place are kept. */
export async function enrolHospital(context: HospitalContext, nowMs: number): Promise<void> {
  const identities = await withoutValid(
    identityPlans(context),
    (plan) => context.at.identity(plan.holder),
    nowMs,
  );
  const pairs = await withoutValid(tlsPlans(context), (holder) => context.at.tls(holder), nowMs);
  await writePublicMembership(context);
  if (identities.length + pairs.length === 0) return;
  const rootPem = await readFile(context.at.caCertFile, 'utf8');
  const ca = authority(context, rootPem, 'ca');
  const tlsca = authority(context, rootPem, tlsAuthority);
  try {
    if (identities.length > 0) {
      const registrar = await bootstrap(context, ca);
      for (const plan of identities) await enrolIdentity(context, ca, registrar, plan);
    }
    if (pairs.length > 0) {
      const registrar = await bootstrap(context, tlsca);
      for (const holder of pairs) await enrolTls(context, tlsca, registrar, holder);
    }
  } finally {
    await Promise.all([ca.close(), tlsca.close()]);
  }
}

function authority(context: HospitalContext, rootPem: string, name: string): CaClient {
  return new CaClient({ url: `https://${reached(context, context.ports.ca)}`, rootPem, authority: name });
}

/** Keeps the entries whose certificate is missing, or ends soon, or whose key is missing. */
async function withoutValid<T>(
  entries: readonly T[],
  filesOf: (entry: T) => { readonly certFile: string; readonly keyFile: string },
  nowMs: number,
): Promise<readonly T[]> {
  const valid = await Promise.all(
    entries.map(async (entry) => {
      const { certFile, keyFile } = filesOf(entry);
      if (!(await exists(keyFile)) || !(await exists(certFile))) return false;
      const certificate = new X509Certificate(await readFile(certFile));
      return certificate.validToDate.getTime() - nowMs > renewBeforeMs;
    }),
  );
  return entries.filter((_, index) => valid[index] !== true);
}

async function bootstrap(context: HospitalContext, client: CaClient): Promise<CaCredentials> {
  const { hospital } = context;
  const secret = await bootstrapPassword(context);
  const key = await requestKey({ commonName: bootstrapIdentity, organization: hospital.name, hosts: [] });
  const { certPem } = await client.enroll({ id: bootstrapIdentity, secret, requestPem: key.requestPem });
  return caCredentials(certPem, key.keyPem);
}

async function enrolIdentity(
  context: HospitalContext,
  client: CaClient,
  registrar: CaCredentials,
  { holder, type, attributes }: IdentityPlan,
): Promise<void> {
  const files = context.at.identity(holder);
  const registration: Registration = { id: holder, type, secret: newSecret(), attrs: attributes };
  await client.register(registration, registrar);
  const key = await requestKey({
    commonName: holder,
    organization: context.hospital.name,
    hosts: [],
    ...(await keptKey(files.keyFile)),
  });
  const { certPem } = await client.enroll({ ...registration, requestPem: key.requestPem });
  await copyPublicMembership(context, files.mspDir);
  await writePrivate(files.keyFile, key.keyPem);
  await writePrivate(files.certFile, certPem);
}

async function enrolTls(
  context: HospitalContext,
  client: CaClient,
  registrar: CaCredentials,
  holder: TlsHolder,
): Promise<void> {
  const files = context.at.tls(holder);
  const id = `${holder}-tls`;
  const secret = newSecret();
  const hosts = certifiedHosts(context);
  await client.register({ id, type: 'client', secret, attrs: [] }, registrar);
  const key = await requestKey({
    commonName: id,
    organization: context.hospital.name,
    hosts,
    ...(await keptKey(files.keyFile)),
  });
  const issued = await client.enroll({
    id,
    secret,
    requestPem: key.requestPem,
    profile: 'tls',
    hosts,
  });
  await writePrivate(files.rootFile, issued.chainPem);
  await writePrivate(files.keyFile, key.keyPem);
  await writePrivate(files.certFile, issued.certPem);
}

/** A certificate is renewed for the key that is there: orderers, for one, know each other by their keys. */
async function keptKey(file: string): Promise<{ readonly keyPem?: string }> {
  return (await exists(file)) ? { keyPem: await readFile(file, 'utf8') } : {};
}

/** The part of an MSP that every member of the channel may see. */
async function writePublicMembership(context: HospitalContext): Promise<void> {
  await copyPublicMembership(context, context.at.msp);
}

async function copyPublicMembership({ at }: HospitalContext, mspDir: string): Promise<void> {
  await writeIfChanged(join(mspDir, 'cacerts', 'ca.pem'), await readFile(at.caCertFile, 'utf8'));
  await writeIfChanged(join(mspDir, 'tlscacerts', 'tlsca.pem'), await readFile(at.tlsCaCertFile, 'utf8'));
  await writeIfChanged(join(mspDir, 'config.yaml'), stringify(nodeOus()));
}

function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url');
}
