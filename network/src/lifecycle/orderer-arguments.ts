// SPDX-License-Identifier: Apache-2.0
import { orderingFor, reached, type HospitalContext } from '../plan/context.js';

/** How the `peer` command names the orderer that serves the hospital. */
export function ordererArguments(context: HospitalContext): readonly string[] {
  const orderer = orderingFor(context);
  return ['-o', reached(orderer, orderer.ports.orderer), '--tls', '--cafile', orderer.at.tlsCaCertFile];
}
