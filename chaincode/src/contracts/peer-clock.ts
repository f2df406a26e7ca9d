// SPDX-License-Identifier: Apache-2.0
import type { PeerClock } from '../state/ledger.js';

/** The clock of the machine on which the rules run: it refuses proposals, and no value that is written comes from it. */
export const systemPeerClock: PeerClock = () => Date.now();
