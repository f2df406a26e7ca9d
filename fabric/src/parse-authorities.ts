// SPDX-License-Identifier: Apache-2.0
import type { common } from '@hyperledger/fabric-protos';
import { readMessage } from '@tutela/chaincode/domain';
import {
  configEnvelope,
  configValue,
  envelope,
  fabricMspConfig,
  hospitalGroup,
  mspConfig,
  payload,
} from './fabric-messages.js';

/** The certificates of one orderer organisation's authorities, as a channel configuration names them; DER. */
export type OrdererRoots = Readonly<{ mspId: string; certificates: readonly Uint8Array[] }>;

/** The authorities of one member hospital for identities and for TLS, PEM, and its lists of revoked certificates, as a channel configuration names them. */
export type MemberAuthorities = Readonly<{
  mspId: string;
  certificates: readonly Uint8Array[];
  tlsCertificates: readonly Uint8Array[];
  revocationLists: readonly Uint8Array[];
}>;

/** The authorities of the ordering organisations in a configuration block; one that cannot be read has none. */
export function parseOrdererRoots(block: common.Block): readonly OrdererRoots[] {
  return authoritiesOf(block, 'Orderer').map(({ mspId, certificates }) => ({ mspId, certificates }));
}

/** The authorities of the member hospitals in a configuration block, with what they revoked; as above. */
export function parseMemberAuthorities(block: common.Block): readonly MemberAuthorities[] {
  return authoritiesOf(block, 'Application');
}

function authoritiesOf(block: common.Block, part: 'Orderer' | 'Application'): readonly MemberAuthorities[] {
  const [bytes] = block.getData()?.getDataList_asU8() ?? [];
  if (bytes === undefined) throw new Error('a configuration block is empty');
  const outer = readMessage(envelope, bytes);
  const inner = outer && readMessage(payload, outer.payload);
  const channel = inner && readMessage(configEnvelope, inner.data)?.config?.channelGroup;
  const hospitals = channel?.groups.get(part)?.groups.values() ?? [];
  return [...hospitals].flatMap((pieces) => membershipOf(Buffer.concat(pieces)) ?? []);
}

/** One hospital's own entry, which that hospital's administrator writes alone. */
function membershipOf(group: Uint8Array): MemberAuthorities | undefined {
  const pieces = readMessage(hospitalGroup, group)?.values.get('MSP');
  const value = pieces && readMessage(configValue, Buffer.concat(pieces));
  const outer = value && readMessage(mspConfig, value.value);
  const found = outer && readMessage(fabricMspConfig, outer.config);
  return (
    found && {
      mspId: found.name,
      certificates: [...found.rootCerts, ...found.intermediateCerts],
      tlsCertificates: [...found.tlsRootCerts, ...found.tlsIntermediateCerts],
      revocationLists: found.revocationList,
    }
  );
}
