// SPDX-License-Identifier: Apache-2.0
import { hospitalContext, reached, type HospitalContext, type PlanInputs } from '../plan/context.js';

/** How the `peer` command names the hospital's own orderer, or another's where it has none. */
export function ordererArguments(inputs: PlanInputs, { hospital }: HospitalContext): readonly string[] {
  const ordering = inputs.topology.hospitals.filter(({ orderer }) => orderer);
  const chosen = ordering.find(({ id }) => id === hospital.id) ?? ordering[0] ?? hospital;
  const orderer = hospitalContext(inputs, chosen);
  return ['-o', reached(orderer, orderer.ports.orderer), '--tls', '--cafile', orderer.at.tlsCaCertFile];
}
