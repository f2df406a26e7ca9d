// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import contractApi from 'fabric-contract-api';
import { Shim } from './contracts/fabric.js';
import type { Contracts } from './contracts/index.js';
import { DomainError } from './domain/errors.js';
import { readSettings } from './settings.js';

export { contractsFor } from './contracts/index.js';

const TITLE = 'tutela';
const SERIALIZERS = {
  transaction: 'jsonSerializer',
  serializers: { jsonSerializer: contractApi.JSONSerializer },
};

/** Serves contracts as the environment says until the process is told to end; a refusal to start is one coded line. */
export function serve(contractsOf: (founders: number) => Contracts, environment: NodeJS.ProcessEnv): void {
  start(contractsOf, environment).catch((error: unknown) => {
    const known = error instanceof DomainError ? error : new DomainError('INTERNAL', reasonOf(error));
    process.stderr.write(`${known.toWire()}\n`);
    process.exitCode = 1;
  });
}

async function start(
  contractsOf: (founders: number) => Contracts,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const settings = readSettings(environment);
  requireOwnDigest(settings.digest);
  const chaincode = new ChaincodeFromContract(
    [...contractsOf(Number(settings.founders))],
    SERIALIZERS,
    {},
    TITLE,
    settings.digest,
  );
  const server = Shim.server(chaincode, {
    ccid: settings.chaincodeId,
    address: settings.address,
    tlsProps: {
      key: readFileSync(settings.tlsKeyFile),
      cert: readFileSync(settings.tlsCertFile),
      clientCACerts: readFileSync(settings.tlsClientCaFile),
    },
  });
  process.once('SIGTERM', () => process.exit(0));
  process.once('SIGINT', () => process.exit(0));
  await server.start();
}

/** A chaincode-as-a-service package commits to no code, so the code itself checks that it is what was agreed. */
function requireOwnDigest(expected: string): void {
  const file = process.argv[1];
  if (file === undefined) throw new DomainError('INTERNAL', 'the server must be started from its own file');
  const actual = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (actual !== expected)
    throw new DomainError('CONFLICT', `this file has digest ${actual}, agreed is ${expected}`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the server did not start';
}
