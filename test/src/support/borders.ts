// SPDX-License-Identifier: Apache-2.0

/** What a file may import, in the words of docs/architecture.md and as a pattern of the imports' names. */
export interface Allowance {
  readonly words: string;
  /** Of import specifiers of packages, or of `./` and a path of the repository for relative imports. */
  readonly matches: RegExp;
}

/** One row of the table of docs/architecture.md: what files of a place may import. */
export interface Border {
  readonly from: string;
  readonly files: RegExp;
  readonly may: readonly Allowance[];
}

const allow = (words: string, matches: RegExp): Allowance => ({ words, matches });

const ITSELF = (folder: string) => allow('itself', new RegExp(`^\\./${folder}/`));
const NODE = allow('Node', /^node:/);
const LIBRARIES = allow('libraries', /^(?!@tutela\/|\.)(?!node:)[a-z@]/);
const DOMAIN = allow('domain', /^@tutela\/chaincode\/domain$/);
const CRYPTO = allow('`crypto`', /^@tutela\/crypto$/);
const SECRETS = allow('`crypto/secrets`', /^@tutela\/crypto\/secrets$/);
const FABRIC = allow('`fabric`', /^@tutela\/fabric$/);
const VAULT = allow('`ipfs-cluster`', /^@tutela\/ipfs-cluster$/);
const NODES = allow('`ipfs-cluster/nodes`', /^@tutela\/ipfs-cluster\/nodes$/);
/** What the gateway's implementations promise; the files that declare it, without those that implement it. */
const PORTS = allow(
  'ports',
  /^\.\/gateway-api\/src\/(ledger\/(ledger|actor|pages|transactions)|projection\/feed|storage\/storage|keys\/keys|identity\/identity|state\/(columns|open-state)|log)\.js$/,
);

/** The first row whose `files` match a source decides; tests and `testing/` folders are outside the table. */
export const BORDERS: readonly Border[] = [
  {
    from: '`chaincode/src/domain`',
    files: /^chaincode\/src\/domain\//,
    may: [ITSELF('chaincode/src/domain')],
  },
  {
    from: '`chaincode`',
    files: /^chaincode\/src\//,
    may: [
      ITSELF('chaincode/src'),
      allow("crypto's `verify`, `judge` and `signatures`", /^@tutela\/crypto\/(judge|signatures|verify)$/),
      NODE,
      allow(
        "Fabric's contract API, shim and messages",
        /^(fabric-contract-api|fabric-shim|fabric-shim-api|reflect-metadata)(\/|$)|^@hyperledger\/fabric-protos$/,
      ),
    ],
  },
  {
    from: '`crypto/src/node.ts`',
    files: /^crypto\/src\/node\.ts$/,
    may: [ITSELF('crypto/src'), allow('`node:crypto` and `node:util`', /^node:(crypto|util)$/)],
  },
  {
    from: '`crypto/src/secrets.ts`',
    files: /^crypto\/src\/secrets\.ts$/,
    may: [
      ITSELF('crypto/src'),
      allow("Node's files and commands", /^node:(child_process|fs\/promises|path|util)$/),
    ],
  },
  {
    from: '`crypto`',
    files: /^crypto\/src\//,
    may: [
      ITSELF('crypto/src'),
      allow('cryptographic libraries', /^@noble\/(curves|hashes)\/|^libsodium-wrappers-sumo$/),
    ],
  },
  {
    from: '`fabric`',
    files: /^fabric\/src\//,
    may: [
      ITSELF('fabric/src'),
      DOMAIN,
      NODE,
      allow(
        "Fabric's client and messages, gRPC, HTTP",
        /^@grpc\/grpc-js$|^@hyperledger\/fabric-(gateway|protos)$|^undici$/,
      ),
    ],
  },
  {
    from: "the custodian's `config` and `compose.ts`",
    files: /^custodian\/src\/(config\/|compose\.ts$)/,
    may: [ITSELF('custodian/src'), CRYPTO, SECRETS, DOMAIN, FABRIC, NODE, LIBRARIES],
  },
  {
    from: '`custodian`',
    files: /^custodian\/src\//,
    may: [ITSELF('custodian/src'), CRYPTO, DOMAIN, FABRIC, NODE, LIBRARIES],
  },
  {
    from: '`ipfs-cluster`',
    files: /^ipfs-cluster\/src\//,
    may: [ITSELF('ipfs-cluster/src'), NODE, LIBRARIES],
  },
  {
    from: '`gateway-api/src/services`',
    files: /^gateway-api\/src\/services\//,
    may: [ITSELF('gateway-api/src/services'), PORTS, CRYPTO, DOMAIN, NODE],
  },
  {
    from: '`gateway-api/src/http`',
    files: /^gateway-api\/src\/http\//,
    may: [
      ITSELF('gateway-api/src/http'),
      allow('services', /^\.\/gateway-api\/src\/services\//),
      PORTS,
      CRYPTO,
      DOMAIN,
      NODE,
      allow(
        'Express and what documents, validates, signs, logs and counts for it',
        /^(express|express-rate-limit|helmet|zod|@asteasolutions\/zod-to-openapi|pino|pino-http|prom-client|swagger-ui-dist|jose)(\/|$)/,
      ),
    ],
  },
  {
    from: "the gateway's implementations of ports",
    files: /^gateway-api\/src\/(ledger|storage|keys|identity|projection)\//,
    may: [
      allow('the gateway without services and http', /^\.\/gateway-api\/src\/(?!services\/|http\/)/),
      CRYPTO,
      DOMAIN,
      FABRIC,
      VAULT,
      NODE,
      LIBRARIES,
    ],
  },
  {
    from: '`gateway-api/src/config`',
    files: /^gateway-api\/src\/config\//,
    may: [ITSELF('gateway-api/src'), CRYPTO, SECRETS, DOMAIN, NODE, LIBRARIES],
  },
  {
    from: '`gateway-api`',
    files: /^gateway-api\/src\//,
    may: [ITSELF('gateway-api/src'), CRYPTO, DOMAIN, FABRIC, VAULT, NODE, LIBRARIES],
  },
  {
    from: '`network`',
    files: /^network\/src\//,
    may: [ITSELF('network/src'), DOMAIN, VAULT, NODES, NODE, LIBRARIES],
  },
  {
    from: '`test`',
    files: /^test\/src\//,
    may: [
      ITSELF('test/src'),
      allow(
        "every package's public entries and its `testing` entry",
        /^@tutela\/((crypto|custodian|ipfs-cluster|gateway-api|network)(\/testing)?|crypto\/verify|ipfs-cluster\/nodes|network\/status|chaincode\/(domain|server|testing(\/step-up)?))$/,
      ),
      NODE,
      LIBRARIES,
    ],
  },
];

/** The row that decides about a source file, or undefined for tests and test support, which no row binds. */
export function borderOf(file: string): Border | undefined {
  if (/\.test\.ts$|\/testing\//.test(file) && !file.startsWith('test/')) return undefined;
  return BORDERS.find(({ files }) => files.test(file));
}
