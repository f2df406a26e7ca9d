// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { webcrypto } from 'node:crypto';
import { enrol, type Identity } from './testing/identity.js';

const run = promisify(execFile);
const workspace = join(dirname(fileURLToPath(import.meta.url)), '..');
let folder: string;
let bundle: string;

/** A checkout at another place with the same sources: what another hospital would build. */
async function otherCheckout(name: string): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, 'chaincode'), { recursive: true });
  await cp(join(workspace, 'bundle.mjs'), join(root, 'chaincode', 'bundle.mjs'));
  await cp(join(workspace, 'package.json'), join(root, 'chaincode', 'package.json'));
  const isCode = (source: string): boolean => !/\.(cjs|sha256|inputs\.json)$/.test(source);
  await cp(join(workspace, 'dist'), join(root, 'chaincode', 'dist'), { recursive: true, filter: isCode });
  await symlink(join(workspace, '..', 'node_modules'), join(root, 'node_modules'));
  return join(root, 'chaincode');
}

async function build(checkout: string): Promise<string> {
  await run(process.execPath, [join(checkout, 'bundle.mjs')]);
  return join(checkout, 'dist', 'tutela-chaincode.cjs');
}

const digestOf = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutela-bundle-'));
  bundle = await build(await otherCheckout('one'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the bundle', () => {
  test('is the same to the byte from two checkouts at different places, and says nothing of where', async () => {
    const second = await build(await otherCheckout('another-place/of-two'));
    expect(await digestOf(second)).toBe(await digestOf(bundle));
    expect((await readFile(bundle)).includes(folder)).toBe(false);
    expect((await readFile(bundle)).includes(join(workspace, '..'))).toBe(false);
  });

  test('has its digest beside it, and is not built again while nothing has changed', async () => {
    const digest = await readFile(bundle.replace(/cjs$/, 'sha256'), 'utf8');
    expect(digest).toBe(`${await digestOf(bundle)}\n`);
    const before = await stat(bundle);
    await build(join(folder, 'one', 'chaincode'));
    expect((await stat(bundle)).mtimeMs).toBe(before.mtimeMs);
    await writeFile(bundle, 'something else');
    await build(join(folder, 'one', 'chaincode'));
    expect(`${await digestOf(bundle)}\n`).toBe(digest);
  });
});

describe('the server', () => {
  async function environment(change: Readonly<Record<string, string>> = {}) {
    const identity = await enrol('AlderMSP' as Identity['mspId'], 'peer' as Identity['id'], 'operator');
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', identity.keys.privateKey);
    const key = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(pkcs8).toString('base64')}\n-----END PRIVATE KEY-----\n`;
    const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
    await writeFile(files.key, key, { mode: 0o600 });
    await writeFile(files.cert, identity.certificatePem);
    const port = await freePort();
    const env = {
      CORE_CHAINCODE_LOGGING_LEVEL: 'error',
      TUTELA_CHAINCODE_ADDRESS: `localhost:${String(port)}`,
      TUTELA_CHAINCODE_ID: 'tutela:1',
      TUTELA_CHAINCODE_TLS_KEY_FILE: files.key,
      TUTELA_CHAINCODE_TLS_CERT_FILE: files.cert,
      TUTELA_CHAINCODE_TLS_CLIENT_CA_FILE: files.cert,
      TUTELA_CHAINCODE_DIGEST: await digestOf(bundle),
      TUTELA_CHAINCODE_FOUNDERS: '3',
      ...change,
    };
    return { env, port, key, cert: identity.certificatePem };
  }

  async function start(change: Readonly<Record<string, string>>) {
    const { env } = await environment(change);
    const child = spawn(process.execPath, ['--no-warnings', bundle], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, stderr };
  }

  test('refuses to start when its own bytes are not what was agreed', async () => {
    const { code, stderr } = await start({ TUTELA_CHAINCODE_DIGEST: '0'.repeat(64) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\[CONFLICT\] this file has digest [0-9a-f]{64}, agreed is 0{64}\n$/);
  });

  test('names the setting that is missing', async () => {
    const { code, stderr } = await start({ TUTELA_CHAINCODE_ID: '' });
    expect(code).toBe(1);
    expect(stderr).toBe('[BAD_REQUEST] TUTELA_CHAINCODE_ID must be a non-empty string\n');
  });

  test('speaks mutual TLS only, and ends on SIGTERM', async () => {
    const { env, port, key, cert } = await environment();
    const child = spawn(process.execPath, ['--no-warnings', bundle], { env, stdio: 'ignore' });
    const ended = once(child, 'close');
    await expect(handshake(port, { key, cert }, 10_000)).resolves.toBe('accepted');
    await expect(handshake(port, {}, 10_000)).resolves.toBe('refused');
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether a TLS connection with these credentials is kept open; dials again until the server listens. */
async function handshake(
  port: number,
  credentials: Readonly<{ key?: string; cert?: string }>,
  deadlineMs: number,
): Promise<'accepted' | 'refused'> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const answer = await dial(port, credentials);
    if (answer !== 'no server' || Date.now() > until) return answer === 'no server' ? 'refused' : answer;
  }
}

function dial(port: number, credentials: object): Promise<'accepted' | 'refused' | 'no server'> {
  return new Promise((resolve) => {
    const socket = connect({
      port,
      host: 'localhost',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      ...credentials,
    });
    const finish = (answer: 'accepted' | 'refused' | 'no server'): void => {
      socket.destroy();
      resolve(answer);
    };
    // The server's HTTP/2 settings arrive only once it has taken the client's certificate.
    socket.once('data', () => {
      finish('accepted');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNREFUSED' ? 'no server' : 'refused');
    });
    socket.once('close', () => {
      finish('refused');
    });
  });
}
