// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fabricProtos from '@hyperledger/fabric-protos';

const { common } = fabricProtos;

/** Whose administrators change where a hospital's orderer is reached: those of the consortium, see {@link configtx}. */
const consortiumAdmins = '/Channel/Orderer/Admins';

/**
 * The first block that configtxgen made, with the rule that it cannot express: where a hospital's orderer is reached is
 * the consortium's to change, as is what its entry consists of. The hospital's own authorities and what they revoke
 * stay its own.
 */
export function withSharedAddresses(firstBlock: Uint8Array): Uint8Array {
  const block = common.Block.deserializeBinary(firstBlock);
  const data = present(block.getData());
  const header = present(block.getHeader());
  const envelope = common.Envelope.deserializeBinary(present(data.getDataList_asU8()[0]));
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const configuration = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8());
  const channel = present(configuration.getConfig()?.getChannelGroup());
  for (const hospital of allOf(groupsOf(present(groupsOf(channel).get('Orderer'))))) {
    hospital.setModPolicy(consortiumAdmins);
    valuesOf(hospital).get('Endpoints')?.setModPolicy(consortiumAdmins);
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
  if (part === undefined) throw new RangeError('the first block has no configuration of orderers');
  return part;
}
