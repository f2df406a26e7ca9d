// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { DomainError } from '@tutela/chaincode/domain';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Signer } from './identity.js';

/** A person's identity as the authority registers it; the secret is for one enrolment. */
export type Registration = Readonly<{ id: string; secret: string; role: string; department?: string }>;

/** The hospital's Fabric CA, as its registrar. */
export interface CertificateAuthority {
  /** Registers a client with the attribute `tutela.role`; one that is already there is given the new secret. */
  register(registration: Registration): Promise<void>;
  /** Turns a certificate request (PEM) into a certificate (PEM). */
  enrol(enrolment: Readonly<{ id: string; secret: string; requestPem: string }>): Promise<string>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 256 * 1024;
/** Fabric CA's code for an identity that is already registered. */
const ALREADY_REGISTERED = 74;

const answerShape = z.object({
  success: z.boolean(),
  result: z.unknown(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
});
const enrolledShape = z.object({ Cert: z.base64() });

/** Speaks to Fabric CA 1.5 over REST; `registrar` signs each request for its token. */
export function openCertificateAuthority(
  settings: Readonly<{ url: string; tlsRoot: string; registrar: Signer }>,
): CertificateAuthority {
  const agent = new Agent({
    connect: { ca: settings.tlsRoot },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  const call = async (
    method: 'POST' | 'PUT',
    path: string,
    body: string,
    authorization?: string,
  ): Promise<Answer> =>
    send(agent, settings.url, {
      method,
      path,
      body,
      authorization: authorization ?? (await token(settings.registrar, method, path, body)),
    });
  return {
    register: async (registration) => {
      const answer = await call('POST', '/api/v1/register', JSON.stringify(registrationBody(registration)));
      if (answer.ok) return;
      if (!answer.codes.includes(ALREADY_REGISTERED)) throw refused('register', answer.codes);
      const path = `/api/v1/identities/${encodeURIComponent(registration.id)}`;
      const changed = await call('PUT', path, JSON.stringify({ secret: registration.secret }));
      if (!changed.ok) throw refused('give a new secret', changed.codes);
    },
    enrol: async ({ id, secret, requestPem }) => {
      const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
      const answer = await call(
        'POST',
        '/api/v1/enroll',
        JSON.stringify({ certificate_request: requestPem }),
        basic,
      );
      if (!answer.ok) throw refused('enrol', answer.codes);
      return Buffer.from(enrolledShape.parse(answer.result).Cert, 'base64').toString('utf8');
    },
    close: () => agent.close(),
  };
}

function registrationBody({ id, secret, role, department }: Registration): object {
  const attrs = [{ name: 'tutela.role', value: role, ecert: true }];
  if (department !== undefined) attrs.push({ name: 'tutela.department', value: department, ecert: true });
  return { id, type: 'client', secret, max_enrollments: -1, attrs };
}

/** Fabric CA's token: certificate and a low-S signature over `METHOD.B64(path).B64(body).B64(certificate)`. */
async function token(registrar: Signer, method: string, path: string, body: string): Promise<string> {
  const certificate = base64(registrar.certificate);
  const signed = [method, base64(path), base64(body), certificate].join('.');
  const signature = await registrar.sign(createHash('sha256').update(signed).digest());
  return `${certificate}.${Buffer.from(signature).toString('base64')}`;
}

type Answer = Readonly<{ ok: true; result: unknown }> | Readonly<{ ok: false; codes: readonly number[] }>;

async function send(
  agent: Agent,
  url: string,
  call: Readonly<{ method: 'POST' | 'PUT'; path: string; body: string; authorization: string }>,
): Promise<Answer> {
  const { method, path, body, authorization } = call;
  try {
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await request(`${url}${path}`, { method, dispatcher: agent, headers, body });
    const parsed = answerShape.parse(JSON.parse(await limitedText(response.body)));
    if (parsed.success) return { ok: true, result: parsed.result };
    return { ok: false, codes: (parsed.errors ?? []).map(({ code }) => code) };
  } catch (cause) {
    throw new DomainError('INTERNAL', 'the certificate authority does not answer', { cause });
  }
}

async function limitedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES)
      throw new DomainError('TOO_LARGE', 'the certificate authority answered too much');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function refused(act: string, codes: readonly number[]): DomainError {
  return new DomainError(
    'INTERNAL',
    `the certificate authority would not ${act}: codes ${codes.join(', ') || 'none'}`,
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
