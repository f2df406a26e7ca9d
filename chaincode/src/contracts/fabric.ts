// SPDX-License-Identifier: Apache-2.0
import contractApi from 'fabric-contract-api';
import fabricShim from 'fabric-shim';
import { systemPeerClock } from './peer-clock.js';

// Both libraries are CommonJS without named exports that Node could see, so they are taken apart here once.
export const { Contract, Returns, Transaction } = contractApi;
export const { ClientIdentity, Shim } = fabricShim;

/** The context of every transaction; a class of our own, so that the decorators' metadata can name it. */
export class LedgerContext extends contractApi.Context {
  readonly peerClock = systemPeerClock;
}
