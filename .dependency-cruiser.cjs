// SPDX-License-Identifier: Apache-2.0
// The border table of docs/architecture.md; test/src/unit/architecture.test.ts compares imports with the same rules.

const workspace = (names) => `^(${names.join('|')})/`;
const PACKAGES = [
  'crypto',
  'chaincode',
  'fabric',
  'custodian',
  'ipfs-cluster',
  'gateway-api',
  'network',
  'test',
];
const allBut = (...names) => workspace(PACKAGES.filter((name) => !names.includes(name)));
const outside = '^node_modules/(?!@tutela)';
const TESTS = '\\.test\\.ts$|/testing/';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    forbid(
      'no-circle',
      'Dependencies have one direction.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid(
      'domain-is-pure',
      'The domain imports itself alone.',
      { path: '^chaincode/src/domain/', pathNot: '\\.test\\.ts$' },
      { pathNot: '^chaincode/src/domain/' },
    ),
    forbid(
      'chaincode-knows-verification',
      'Of the workspaces the rules know the verifying half of crypto.',
      { path: '^chaincode/src/', pathNot: TESTS },
      { path: allBut('chaincode', 'crypto') },
    ),
    forbid(
      'crypto-stands-alone',
      'Cryptography knows no workspace.',
      { path: '^crypto/src/' },
      { path: allBut('crypto') },
    ),
    forbid(
      'crypto-has-one-door-to-node',
      'node:crypto is imported by one file.',
      { path: '^crypto/src/', pathNot: ['^crypto/src/node\\.ts$', TESTS] },
      { path: '^(node:)?crypto$', dependencyTypes: ['core'] },
    ),
    forbid(
      'fabric-knows-the-domain',
      'The client of Fabric knows the domain alone.',
      { path: '^fabric/src/', pathNot: TESTS },
      { path: allBut('fabric', 'chaincode') },
    ),
    forbid(
      'custodian-trusts-no-gateway',
      'A custodian knows crypto, the domain, the client of Fabric and its own hospital’s storage.',
      { path: '^custodian/src/', pathNot: TESTS },
      { path: allBut('custodian', 'crypto', 'chaincode', 'fabric', 'ipfs-cluster') },
    ),
    forbid(
      'vault-knows-nobody',
      'Storage knows no workspace.',
      { path: '^ipfs-cluster/src/' },
      { path: allBut('ipfs-cluster') },
    ),
    forbid(
      'ground-knows-no-rules',
      'The ground knows node descriptions and names.',
      { path: '^network/src/', pathNot: TESTS },
      { path: allBut('network', 'ipfs-cluster', 'chaincode') },
    ),
    forbid(
      'gateway-knows-no-peers',
      'A gateway knows no custodian code and no ground.',
      { path: '^gateway-api/src/', pathNot: TESTS },
      { path: allBut('gateway-api', 'crypto', 'chaincode', 'fabric', 'ipfs-cluster') },
    ),
    forbid(
      'services-are-plain',
      'Use cases know ports, the domain and crypto.',
      { path: '^gateway-api/src/services/', pathNot: TESTS },
      { path: [outside, '^gateway-api/src/http/', '^ipfs-cluster/'] },
    ),
    forbid(
      'adapters-keep-to-themselves',
      'Implementations do not know one another.',
      { path: '^gateway-api/src/(ledger|storage|keys|identity|projection)/', pathNot: TESTS },
      { path: '^gateway-api/src/(http|services)/' },
    ),
    forbid(
      'http-knows-no-implementation',
      'Routes know services and the domain.',
      { path: '^gateway-api/src/http/', pathNot: TESTS },
      { path: '^ipfs-cluster/|^node_modules/(@hyperledger|@grpc)/' },
    ),
    forbid(
      'testing-is-not-shipped',
      'What is for tests is imported by tests.',
      { pathNot: [TESTS, '^test/'] },
      { path: '/testing/' },
    ),
    forbid(
      'no-deep-paths',
      'Other packages are reached by their entries.',
      { path: '^test/src/' },
      { path: '^(crypto|chaincode|fabric|custodian|ipfs-cluster|gateway-api|network)/src/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
