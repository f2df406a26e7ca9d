// SPDX-License-Identifier: Apache-2.0

/** One row of the border table of docs/architecture.md: what files of a place may import. */
export interface Border {
  readonly from: string;
  readonly files: RegExp;
  /** Import specifiers of packages, or `./` and a path of the repository for relative imports. */
  readonly may: readonly RegExp[];
}

const NODE = /^node:/;
const ANY_OUTSIDE = /^(?!@tutela\/|\.)(?!node:)[a-z@]/;
const OWN = (workspace: string) => new RegExp(`^\\./${workspace}/src/`);
const DOMAIN = /^@tutela\/chaincode\/domain$/;
const FABRIC = /^@tutela\/fabric$/;
const CRYPTO = /^@tutela\/crypto(\/secrets)?$/;

/** What the gateway's implementations promise; the files that say it, apart from those that keep it. */
const GATEWAY_PORTS =
  /^\.\/gateway-api\/src\/(ledger\/(ledger|actor|pages|transactions)|projection\/feed|storage\/storage|keys\/keys|identity\/identity|state\/(columns|open-state)|log)\.js$/;

/** The first row whose `files` match a source decides; tests and `testing/` folders are outside the table. */
export const BORDERS: readonly Border[] = [
  { from: 'the domain', files: /^chaincode\/src\/domain\//, may: [/^\.\/chaincode\/src\/domain\//] },
  {
    from: 'the chaincode',
    files: /^chaincode\/src\//,
    may: [
      OWN('chaincode'),
      /^@tutela\/crypto\/(judge|signatures|verify)$/,
      NODE,
      /^(fabric-contract-api|fabric-shim|fabric-shim-api|reflect-metadata)(\/|$)/,
      /^@hyperledger\/fabric-protos$/,
    ],
  },
  { from: 'crypto', files: /^crypto\/src\/node\.ts$/, may: [OWN('crypto'), /^node:(crypto|util)$/] },
  {
    from: 'crypto',
    files: /^crypto\/src\/secrets\.ts$/,
    may: [OWN('crypto'), /^node:(child_process|fs\/promises|path|util)$/],
  },
  {
    from: 'crypto',
    files: /^crypto\/src\//,
    may: [OWN('crypto'), /^@noble\/(curves|hashes)\//, /^libsodium-wrappers-sumo$/],
  },
  {
    from: 'Fabric’s client',
    files: /^fabric\/src\//,
    may: [OWN('fabric'), DOMAIN, /^@grpc\/grpc-js$/, /^@hyperledger\/fabric-gateway$/],
  },
  {
    from: 'the custodian',
    files: /^custodian\/src\//,
    may: [OWN('custodian'), CRYPTO, DOMAIN, FABRIC, /^@tutela\/ipfs-cluster$/, NODE, ANY_OUTSIDE],
  },
  { from: 'the vault', files: /^ipfs-cluster\/src\//, may: [OWN('ipfs-cluster'), NODE, ANY_OUTSIDE] },
  {
    from: 'the gateway’s services',
    files: /^gateway-api\/src\/services\//,
    may: [/^\.\/gateway-api\/src\/services\//, GATEWAY_PORTS, CRYPTO, DOMAIN, NODE],
  },
  {
    from: 'the gateway’s routes',
    files: /^gateway-api\/src\/http\//,
    may: [
      /^\.\/gateway-api\/src\/(http|services)\//,
      GATEWAY_PORTS,
      CRYPTO,
      DOMAIN,
      NODE,
      /^(express|express-rate-limit|helmet|zod|@asteasolutions\/zod-to-openapi|pino|pino-http|prom-client|swagger-ui-dist|jose)(\/|$)/,
    ],
  },
  {
    from: 'the gateway',
    files: /^gateway-api\/src\//,
    may: [OWN('gateway-api'), CRYPTO, DOMAIN, FABRIC, /^@tutela\/ipfs-cluster$/, NODE, ANY_OUTSIDE],
  },
  {
    from: 'the ground',
    files: /^network\/src\//,
    may: [OWN('network'), DOMAIN, /^@tutela\/ipfs-cluster(\/nodes)?$/, NODE, ANY_OUTSIDE],
  },
  {
    from: 'the tests',
    files: /^test\/src\//,
    may: [
      OWN('test'),
      /^@tutela\/(crypto|custodian|ipfs-cluster|gateway-api|network)(\/testing)?$/,
      /^@tutela\/(crypto\/verify|ipfs-cluster\/nodes|network\/status|chaincode\/(domain|server|testing))$/,
      NODE,
      ANY_OUTSIDE,
    ],
  },
];

/** The row that decides about a source file, or undefined for tests and test support, which no row binds. */
export function borderOf(file: string): Border | undefined {
  if (/\.test\.ts$|\/testing\//.test(file) && !file.startsWith('test/')) return undefined;
  return BORDERS.find(({ files }) => files.test(file));
}
