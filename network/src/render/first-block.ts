// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fabricProtos from '@hyperledger/fabric-protos';

const { common } = fabricProtos;

/** Whose administrators change a hospital's entry: those of the consortium, see {@link configtx}. */
const consortiumAdmins = '/Channel/Orderer/Admins';

/**
 * The first block that configtxgen made, with the rule that it cannot express: all of a hospital's entry is the
 * consortium's to change. Every peer and orderer acts on the entries of all: an authority that Fabric takes and cannot
 * load would keep all orderers apart, and a policy of one decides for all whose transactions are taken.
 */
export function withSharedEntries(firstBlock: Uint8Array): Uint8Array {
  const block = common.Block.deserializeBinary(firstBlock);
  const data = present(block.getData());
  const header = present(block.getHeader());
  const envelope = common.Envelope.deserializeBinary(present(data.getDataList_asU8()[0]));
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const configuration = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8());
  const channel = present(configuration.getConfig()?.getChannelGroup());
  for (const members of ['Application', 'Orderer'])
    for (const hospital of allOf(groupsOf(present(groupsOf(channel).get(members))))) {
      const parts = [...allOf(valuesOf(hospital)), ...allOf(policiesOf(hospital))];
      for (const part of [hospital, ...parts]) part.setModPolicy(consortiumAdmins);
    }
  payload.setData(configuration.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  const changed = envelope.serializeBinary();
  data.setDataList([changed]);
  header.setDataHash(createHash('sha256').update(changed).digest());
  return block.serializeBinary();
}

type Group = InstanceType<typeof common.ConfigGroup>;
type Value = InstanceType<typeof common.ConfigValue>;
type Policy = InstanceType<typeof common.ConfigPolicy>;

/** A map of protobuf's, for which the library brings no types. */
export interface Named<T> {
  get(name: string): T | undefined;
  set(name: string, value: T): unknown;
  forEach(visit: (value: T) => void): void;
}

/** What is inside a group, by name. */
export function groupsOf(group: Group): Named<Group> {
  return group.getGroupsMap() as Named<Group>;
}

/** A group's own policies, by name. */
export function policiesOf(group: Group): Named<Policy> {
  return group.getPoliciesMap() as Named<Policy>;
}

/** A group's own values, by name. */
export function valuesOf(group: Group): Named<Value> {
  return group.getValuesMap() as Named<Value>;
}

function allOf<T>(named: Named<T>): readonly T[] {
  const all: T[] = [];
  named.forEach((each) => {
    all.push(each);
  });
  return all;
}

function present<T>(part: T | undefined): T {
  if (part === undefined)
    throw new RangeError('the first block has no configuration of members and orderers');
  return part;
}
