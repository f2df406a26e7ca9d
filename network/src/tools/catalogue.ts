// SPDX-License-Identifier: Apache-2.0

/** A set of programs that are built, versioned and accepted together. */
export interface ToolFamily {
  readonly id: 'fabric' | 'fabric-ca' | 'kubo' | 'ipfs-cluster';
  readonly title: string;
  /** The version that is compiled when no compatible one is found. */
  readonly version: string;
  readonly tools: readonly string[];
  /** Which program tells the family's version, and how it is asked. */
  readonly probe: { readonly tool: string; readonly args: readonly string[] };
  readonly cgo: boolean;
  /** Linker symbols that carry the version in a build from source. */
  readonly versionSymbols: readonly string[];
  readonly accepts: (version: Version) => boolean;
  readonly wanted: string;
}

/** A parsed dotted version. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Finds the first dotted version in what a program printed, or undefined. */
export function parseVersion(text: string): Version | undefined {
  const match = /\bv?(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

export const toolFamilies: readonly ToolFamily[] = [
  {
    id: 'fabric',
    title: 'Hyperledger Fabric',
    version: '2.5.9',
    tools: ['peer', 'orderer', 'osnadmin', 'configtxgen', 'configtxlator', 'ledgerutil', 'discover'],
    probe: { tool: 'peer', args: ['version'] },
    cgo: false,
    versionSymbols: ['github.com/hyperledger/fabric/common/metadata.Version'],
    accepts: ({ major, minor, patch }) => (major === 2 && minor === 5 && patch >= 9) || major === 3,
    wanted: '2.5.9 or a later 2.5 (3.x for BFT ordering)',
  },
  {
    id: 'fabric-ca',
    title: 'Fabric CA',
    version: '1.5.21',
    tools: ['fabric-ca-server', 'fabric-ca-client'],
    probe: { tool: 'fabric-ca-server', args: ['version'] },
    cgo: true,
    versionSymbols: ['github.com/hyperledger/fabric-ca/lib/metadata.Version'],
    accepts: ({ major, minor }) => major === 1 && minor === 5,
    wanted: '1.5.x',
  },
  {
    id: 'kubo',
    title: 'Kubo',
    version: '0.43.1',
    tools: ['ipfs'],
    probe: { tool: 'ipfs', args: ['version', '--number'] },
    cgo: false,
    versionSymbols: [],
    accepts: ({ major, minor }) => major === 0 && minor === 43,
    wanted: '0.43.x',
  },
  {
    id: 'ipfs-cluster',
    title: 'IPFS Cluster',
    version: '1.1.6',
    tools: ['ipfs-cluster-service', 'ipfs-cluster-ctl'],
    probe: { tool: 'ipfs-cluster-service', args: ['--version'] },
    cgo: false,
    versionSymbols: [],
    accepts: ({ major, minor }) => major === 1 && minor === 1,
    wanted: '1.1.x',
  },
];
