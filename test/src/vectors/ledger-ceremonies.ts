// SPDX-License-Identifier: Apache-2.0
import type { Ceremony, CustodianSet, StartCeremony } from '@tutela/chaincode/domain';
import { ceremonyOf, runCeremony, TestWorld } from '@tutela/chaincode/testing';

/** A ceremony as the ledger holds it, the set before it if it went on from one, and the set that came of it. */
export type CeremonyVector = Readonly<{
  ceremony: Ceremony;
  previous?: CustodianSet;
  custodians: CustodianSet;
}>;

/** A key generation of three hospitals, and a refresh of it, as the ledger holds both. */
export async function ceremonyVectors(): Promise<readonly CeremonyVector[]> {
  const world = await TestWorld.found();
  const founded = await epochOf(world, 1);
  // The name has the form that the decoder demands.
  const ceremonyId = world.names.id('ceremony') as StartCeremony['ceremonyId'];
  const start: StartCeremony = {
    ...{ ceremonyId, kind: 'refresh', threshold: founded.threshold },
    members: founded.members.map(({ mspId }) => mspId),
    dealers: founded.members.slice(0, founded.threshold).map(({ mspId }) => mspId),
  };
  const custodians = new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
  await runCeremony(world.ledger, custodians, start, world.shares);
  return [
    { ceremony: await heldBy(world, founded.ceremonyId), custodians: founded },
    { ceremony: await heldBy(world, ceremonyId), previous: founded, custodians: await epochOf(world, 2) },
  ];
}

function heldBy(world: TestWorld, ceremonyId: StartCeremony['ceremonyId']): Promise<Ceremony> {
  return ceremonyOf(world.ledger, world.hospital(0).custodian, { ceremonyId });
}

async function epochOf(world: TestWorld, epoch: number): Promise<CustodianSet> {
  return (await world.run(world.hospital(0).custodian, 'custody:GetEpoch', { epoch })).answer as CustodianSet;
}
