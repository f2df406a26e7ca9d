// SPDX-License-Identifier: Apache-2.0
import {
  enrolmentId,
  SCOPES,
  type EnrolmentId,
  type MspId,
  type Scope,
  type System,
} from '@tutela/chaincode/domain';
import type { Session } from '../session.js';
import { ACCESS_TOKEN_SECONDS, type AccessTokens } from './access-tokens.js';
import { verifyAssertion, type AssertionRules } from './client-assertion.js';
import { OAuthError } from './oauth-error.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const FIELDS = ['grant_type', 'client_assertion_type', 'client_assertion', 'scope', 'practitioner'] as const;
type Field = (typeof FIELDS)[number];

/** Answer of the token endpoint (RFC 6749 §5.1). */
export type TokenAnswer = Readonly<{
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  scope: string;
}>;

export type TokenEndpoint = (form: string) => Promise<TokenAnswer>;

/** SMART Backend Services: a registered system gets a short token to act for one practitioner of this hospital. */
export function tokenEndpoint(
  rules: AssertionRules & Readonly<{ tokens: AccessTokens; mspId: MspId }>,
): TokenEndpoint {
  return async (form) => {
    const fields = readForm(form);
    if (fields.grant_type !== 'client_credentials')
      throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials');
    if (fields.client_assertion_type !== ASSERTION_TYPE)
      throw new OAuthError('invalid_request', 'client_assertion_type must be jwt-bearer');
    const system = await verifyAssertion(fields.client_assertion ?? '', rules);
    if (system.mspId !== rules.mspId)
      throw new OAuthError('invalid_client', 'the client could not be authenticated');
    const scopes = grantedScopes(fields.scope, system);
    const practitionerId = await requirePractitioner(fields.practitioner, rules);
    const session: Session = { clientId: system.systemId, mspId: rules.mspId, practitionerId, scopes };
    return {
      access_token: await rules.tokens.issue(session),
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      scope: scopes.join(' '),
    };
  };
}

function readForm(form: string): Readonly<Partial<Record<Field, string>>> {
  const fields: Partial<Record<Field, string>> = {};
  for (const [name, value] of new URLSearchParams(form)) {
    const field = FIELDS.find((known) => known === name);
    if (field === undefined) continue;
    if (fields[field] !== undefined) throw new OAuthError('invalid_request', `${field} is given twice`);
    fields[field] = value;
  }
  return fields;
}

/** Requested scopes that are registered; an unknown or unregistered scope, and no scope at all, is no access. */
function grantedScopes(requested: string | undefined, system: System): readonly Scope[] {
  const names = (requested ?? '').split(' ').filter((name) => name !== '');
  const known = names.every((name) => SCOPES.some((scope) => scope === name));
  if (!known) throw new OAuthError('invalid_scope', 'an unknown scope is asked for');
  const granted = system.scopes.filter((scope) => names.includes(scope));
  if (granted.length === 0)
    throw new OAuthError('invalid_scope', 'none of the scopes is registered for this client');
  return granted;
}

async function requirePractitioner(
  named: string | undefined,
  { directory, mspId }: Pick<AssertionRules, 'directory'> & { mspId: MspId },
): Promise<EnrolmentId> {
  const refused = new OAuthError('invalid_grant', 'this gateway cannot act for that practitioner');
  const id = decodePractitioner(named);
  const [practitioner, held] = await Promise.all([directory.practitioner(id), directory.holdsIdentity(id)]);
  if (practitioner?.mspId !== mspId || practitioner.status !== 'active' || !held) throw refused;
  return id;
}

function decodePractitioner(named: string | undefined): EnrolmentId {
  try {
    return enrolmentId(named, 'practitioner');
  } catch (cause) {
    throw new OAuthError('invalid_request', 'practitioner must name a practitioner', { cause });
  }
}
