// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hospitalPorts } from '../../topology/ports.js';

/** The only network that the namespaces know; it exists nowhere else. */
const network = '10.77.0';
const firstHost = 11;

/** Ports need not be looked for where nobody else listens. */
const basePort = 7100;

/** As short as custodians, who speak every ten seconds, allow: a test waits until it is over. */
const freshnessSeconds = 25;

/** The address, with its prefix length, at which the outer namespace is on the bridge. */
export const outerAddress = `${network}.1/24`;

/** Which of a hospital's doors are open to a process outside the namespaces. */
export type Door = 'gateway' | 'custodian';

/** One hospital's place in the network. */
export interface NamespacedHospital {
  readonly id: string;
  readonly host: string;
  readonly ports: Readonly<Record<Door, number>>;
}

/** Gives each hospital its address. */
export function namespacedHospitals(ids: readonly string[]): readonly NamespacedHospital[] {
  return ids.map((id, position) => {
    const { custodian, gateway } = hospitalPorts(basePort, position);
    return { id, host: `${network}.${firstHost + position}`, ports: { custodian, gateway } };
  });
}

/** The topology file of a consortium in namespaces. */
export function namespacedTopology(hospitals: readonly NamespacedHospital[]): string {
  return stringify({
    hospitals: hospitals.map(({ host, id }) => ({ id, name: `${id} hospital`, host })),
    ports: { base: basePort },
    custody: { freshnessSeconds },
  });
}

/** The private socket behind which a hospital's door can be spoken to from everywhere on the machine. */
export function doorSocket(state: string, hospital: string, door: Door): string {
  return join(state, 'doors', `${hospital}-${door}.sock`);
}
