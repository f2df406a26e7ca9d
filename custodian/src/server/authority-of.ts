// SPDX-License-Identifier: Apache-2.0
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** Longest chain of certificates that is followed. */
const MAX_CHAIN = 8;
/** The one name of all whose chain leads to no root. */
const UNKNOWN = 'unknown';

const known = new WeakMap<TLSSocket, string>();

/**
 * The fingerprint of the root authority that certified the other end. Roots are few and named by the own operator, one
 * for each hospital, while a hospital issues as many certificates as it likes.
 */
export function authorityOf(socket: TLSSocket): string {
  const name = known.get(socket) ?? rootAbove(socket.getPeerCertificate(true), MAX_CHAIN);
  known.set(socket, name);
  return name;
}

/** A root is its own issuer; Node leaves out an issuer that it does not know, and everything where there is no certificate. */
function rootAbove(
  { fingerprint256, issuerCertificate }: Partial<DetailedPeerCertificate>,
  left: number,
): string {
  if (fingerprint256 === undefined || issuerCertificate === undefined || left === 0) return UNKNOWN;
  if (issuerCertificate.fingerprint256 === fingerprint256) return fingerprint256;
  return rootAbove(issuerCertificate, left - 1);
}
