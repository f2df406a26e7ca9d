// SPDX-License-Identifier: Apache-2.0

const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  temporarily_unavailable: 503,
} as const;

/** A refusal of the token endpoint (RFC 6749 §5.2); the description is shown and tells nothing of what exists. */
export class OAuthError extends Error {
  readonly error: keyof typeof STATUS;

  constructor(error: keyof typeof STATUS, description: string, options?: ErrorOptions) {
    super(description, options);
    this.name = 'OAuthError';
    this.error = error;
  }

  get status(): number {
    return STATUS[this.error];
  }
}
