// SPDX-License-Identifier: Apache-2.0
import { certifiedHosts, listenHost, type HospitalContext } from '../plan/context.js';

/** The name of the authority that bootstraps a hospital; its password is random and stays in the server's own configuration. */
export const bootstrapIdentity = 'bootstrap';

/** The authority for TLS certificates, beside the default one for identities. */
export const tlsAuthority = 'tlsca';

const yearHours = 8760;
const authorityYears = 15;

/** Renders the configuration of a hospital's CA server. */
export function caServerConfig(context: HospitalContext, password: string): object {
  const { ports } = context;
  return {
    address: listenHost(context),
    port: ports.ca,
    debug: false,
    tls: { enabled: true },
    cafiles: [`${tlsAuthority}/fabric-ca-server-config.yaml`],
    operations: { listenAddress: `${listenHost(context)}:0` },
    metrics: { provider: 'disabled' },
    ...authority(context, 'ca', password),
  };
}

/** Renders the configuration of the TLS authority inside the same server. */
export function tlsAuthorityConfig(context: HospitalContext, password: string): object {
  return authority(context, tlsAuthority, password);
}

function authority(context: HospitalContext, name: string, password: string): object {
  const { hospital } = context;
  return {
    ca: { name },
    crl: { expiry: '720h' },
    registry: { maxenrollments: -1, identities: [bootstrap(password)] },
    db: { type: 'sqlite3', datasource: 'fabric-ca-server.db' },
    affiliations: {},
    signing: {
      default: { usage: ['digital signature'], expiry: `${yearHours}h` },
      profiles: {
        tls: {
          usage: ['signing', 'key encipherment', 'server auth', 'client auth', 'key agreement'],
          expiry: `${yearHours}h`,
        },
      },
    },
    csr: {
      cn: `${name}.${hospital.id}`,
      keyrequest: { algo: 'ecdsa', size: 256 },
      names: [{ O: hospital.name }],
      hosts: certifiedHosts(context),
      ca: { expiry: `${authorityYears * yearHours}h`, pathlength: 0 },
    },
    bccsp: { default: 'SW', sw: { hash: 'SHA2', security: 256, filekeystore: { keystore: 'msp/keystore' } } },
    // Every secret here is random and long, so counting wrong guesses guards nothing: it would only let whoever reaches
    // the port lock an identity by its name.
    cfg: { identities: { passwordattempts: -1, allowremove: false } },
  };
}

function bootstrap(password: string): object {
  return {
    name: bootstrapIdentity,
    pass: password,
    type: 'client',
    affiliation: '',
    attrs: {
      'hf.Registrar.Roles': '*',
      'hf.Registrar.DelegateRoles': '*',
      'hf.Registrar.Attributes': '*',
      'hf.Revoker': true,
      'hf.GenCRL': true,
    },
  };
}
