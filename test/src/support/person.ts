// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { Session, type GatewayClient } from './rest-client.js';
import type { SystemClient } from './system-client.js';

const asked = z.looseObject({
  at: z.string(),
  emergencyId: z.string().optional(),
  publicKey: z.looseObject({ challenge: z.string() }),
});

/** The answer of a person's device to what was asked, as the page sends it on. */
export interface SteppedUp {
  readonly emergencyId?: string | undefined;
  readonly stepUp: Readonly<{ at: string; assertion: object }>;
}

/** A practitioner with a session and a device of their own, in software where a person would touch one. */
export class Person extends Session {
  readonly device = new SoftAuthenticator();
  readonly #registrar: Session;
  #registered: Promise<unknown> | undefined;

  constructor(gateway: GatewayClient, system: SystemClient, practitionerId: string, registrar: Session) {
    super(gateway, system, practitionerId);
    this.#registrar = registrar;
  }

  /** Has the hospital's registrar register the device's passkey, once. */
  registerPasskey(): Promise<unknown> {
    this.#registered ??= this.#registerPasskey();
    return this.#registered;
  }

  /** Asks what to sign before an act, and has the device sign it. */
  async stepUp(intended: object): Promise<SteppedUp> {
    await this.registerPasskey();
    return this.#answer(await this.post('/v1/step-ups', intended));
  }

  async #registerPasskey(): Promise<unknown> {
    const path = `/v1/practitioners/${this.practitionerId}/passkeys`;
    const { credentialId, rpId, subjectPublicKeyInfo: publicKey } = this.device;
    const passkey = { credentialId, rpId, publicKey };
    const { stepUp } = this.#answer(await this.#registrar.post(`${path}/challenge`, passkey));
    return this.#registrar.post(path, { passkey, stepUp });
  }

  #answer(request: unknown): SteppedUp {
    const { at, emergencyId, publicKey } = asked.parse(request);
    return { emergencyId, stepUp: { at, assertion: this.device.respond(publicKey.challenge) } };
  }
}
