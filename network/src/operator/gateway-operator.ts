// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { GroundError, messageOf } from '../errors.js';
import { exists, writePrivate } from '../lifecycle/files.js';
import { reached, type HospitalContext } from '../plan/context.js';
import { askSocket } from '../process/socket-client.js';
import { makeClientKey, signAssertion } from './client-key.js';

const askTimeoutMs = 60_000;
const clientName = /^[a-z0-9][a-z0-9-]{0,40}$/;

const storedClient = z.object({
  name: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  privateJwk: z.looseObject({ kty: z.string() }),
});
const madeSystem = z.object({ clientId: z.string().min(1) });
const madePractitioner = z.looseObject({ practitionerId: z.string().min(1) });
const issuedToken = z.looseObject({
  access_token: z.string(),
  expires_in: z.number().optional(),
  scope: z.string().optional(),
});

/** A system as the operator keeps it, with its private key. */
export type StoredClient = z.output<typeof storedClient>;

/** Registers a system at the hospital's gateway and keeps its key beside the operator's identities. */
export async function addClient(
  context: HospitalContext,
  name: string,
  scopes: readonly string[],
): Promise<StoredClient> {
  const path = clientFile(context, name);
  if (await exists(path)) {
    throw new GroundError('USAGE', `There is a system "${name}" at ${context.hospital.name} already.`, {
      advice: 'Choose another name.',
    });
  }
  const { privateJwk, publicJwk } = makeClientKey();
  const made = await askGateway(context, '/operator/systems', { name, jwk: publicJwk, scopes });
  const { clientId } = madeSystem.parse(made);
  const client = storedClient.parse({ name, clientId, scopes, privateJwk });
  await writePrivate(path, JSON.stringify(client));
  return client;
}

/** Lists the systems whose keys the operator keeps. */
export async function listClients({ at }: HospitalContext): Promise<readonly StoredClient[]> {
  const files = (await readdir(at.clients)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => storedClient.parse(JSON.parse(await readFile(join(at.clients, file), 'utf8')))),
  );
}

/** Registers a practitioner at the hospital; answers the id. */
export async function addPractitioner(
  context: HospitalContext,
  role: string,
  department: string,
): Promise<string> {
  return madePractitioner.parse(await askGateway(context, '/operator/practitioners', { role, department }))
    .practitionerId;
}

/** What a token is asked for. */
export interface TokenRequest {
  readonly practitioner?: string;
  readonly scopes?: readonly string[];
  readonly nowMs: number;
}

/** Gets a short token for a system that acts for a practitioner (client credentials with a signed assertion). */
export async function fetchToken(
  context: HospitalContext,
  client: StoredClient,
  { nowMs, practitioner, scopes }: TokenRequest,
): Promise<z.output<typeof issuedToken>> {
  const tokenUrl = `https://${reached(context, context.ports.gateway)}/oauth/token`;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signAssertion(client.privateJwk, { clientId: client.clientId, tokenUrl, nowMs }),
    scope: (scopes ?? client.scopes).join(' '),
    ...(practitioner !== undefined && { practitioner }),
  });
  const agent = new Agent({ connect: { ca: await readFile(context.layout.tlsRoots) } });
  try {
    const response = await request(tokenUrl, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      headersTimeout: askTimeoutMs,
    });
    const text = await response.body.text();
    if (response.statusCode !== 200)
      throw new GroundError('TOKEN_REFUSED', `The gateway gave no token: ${text.slice(0, 500)}`, {
        advice: `Check the practitioner’s id, as \`tutela practitioner add\` printed it, and that \`tutela client list ${context.hospital.id}\` shows the scopes.`,
      });
    return issuedToken.parse(JSON.parse(text));
  } finally {
    await agent.close();
  }
}

/** Reads one system's key. @throws GroundError CLIENT_UNKNOWN. */
export async function readClient(context: HospitalContext, name: string): Promise<StoredClient> {
  const text = await readFile(clientFile(context, name), 'utf8').catch((cause: unknown) => {
    throw new GroundError('CLIENT_UNKNOWN', `There is no system "${name}" at ${context.hospital.name}.`, {
      advice: `Register it with \`tutela client add ${context.hospital.id} ${name}\`.`,
      cause,
    });
  });
  return storedClient.parse(JSON.parse(text));
}

async function askGateway(context: HospitalContext, path: string, json: unknown): Promise<unknown> {
  const asked = askSocket({
    socketPath: context.at.gatewaySocket,
    method: 'POST',
    path,
    json,
    timeoutMs: askTimeoutMs,
  });
  const { body, status } = await asked.catch((cause: unknown) => {
    throw new GroundError(
      'NOT_RUNNING',
      `The gateway of ${context.hospital.name} does not answer: ${messageOf(cause)}`,
      {
        advice: 'Start it with `tutela up`.',
        cause,
      },
    );
  });
  if (status < 300) return body;
  throw new GroundError(
    'OPERATOR_REFUSED',
    `The gateway of ${context.hospital.name} refused (${status}): ${JSON.stringify(body ?? {}).slice(0, 500)}`,
  );
}

function clientFile({ at }: HospitalContext, name: string): string {
  if (!clientName.test(name)) {
    throw new GroundError('USAGE', `"${name}" is no name for a system.`, {
      advice: 'Use up to 40 lower-case letters, digits and dashes.',
    });
  }
  return join(at.clients, `${name}.json`);
}
