// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { z } from 'zod';
import { concatBytes, decodeBase64url, encodeBase64url, hpkeSeal, sha256 } from '@tutela/crypto';
import {
  capsuleHash,
  permitted,
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  segmentLabelHash,
  segmentNameOf,
  tagged,
  type IntentSegment,
  type ReleaseContext,
  type ReleaseReply,
  type SignedReleaseReply,
} from '@tutela/chaincode/domain';
import { setting, type Hospital } from './consortium.js';
import { CustodianClient } from './custodian-client.js';
import { insider } from './insider.js';
import type { LedgerClient } from './ledger-client.js';

const MAX_BODY_CHARS = 256 * 1024;
const head = z.looseObject({ height: z.int(), blockHash: z.string(), journalHead: z.string() });
type Head = z.output<typeof head>;
const wanted = z.looseObject({ intentId: z.string() });

/** What is wrong in a reply: the share itself, its length, or the seal, which then does not open. */
export type Lie = 'false' | 'malformed' | 'unopenable';

/** What a liar has: a hospital's own keys, and what every custodian can read. */
interface Lair {
  readonly hospital: Hospital;
  readonly at: Head;
  readonly ledger: LedgerClient;
  readonly signingKey: KeyObject;
  readonly lie: Lie;
}

/**
 * Takes a stopped custodian's place, address and keys, and answers every release with a well-signed reply in which one
 * thing is wrong. `honest` is asked for the head of the chain, so that nothing else is.
 */
export async function startLyingCustodian(
  hospital: Hospital,
  honest: Hospital,
  lie: Lie = 'false',
): Promise<{ readonly lies: () => number; readonly stop: () => Promise<void> }> {
  const file = (name: string) => readFileSync(setting(hospital.custodianEnv, `TUTELA_CUSTODIAN_${name}`));
  const lair: Lair = {
    hospital,
    at: await headAt(hospital, honest),
    ledger: insider(hospital, 'custodian'),
    signingKey: createPrivateKey(file('IDENTITY_KEY_FILE')),
    lie,
  };
  let lies = 0;
  const tls = {
    cert: file('TLS_CERT_FILE'),
    key: file('TLS_KEY_FILE'),
    ca: file('TLS_ROOTS_FILE'),
    requestCert: true,
  };
  const server = createServer(tls, (request, response) => {
    answer(lair, request, response).then(
      (count) => {
        lies += count;
      },
      (error: unknown) =>
        response.writeHead(500).end(JSON.stringify({ code: 'INTERNAL', message: String(error) })),
    );
  });
  const [host = 'localhost', port = '0'] = setting(hospital.custodianEnv, 'TUTELA_CUSTODIAN_LISTEN').split(
    ':',
  );
  server.listen(Number(port), host);
  await once(server, 'listening');
  return {
    lies: () => lies,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      lair.ledger.close();
    },
  };
}

async function answer(lair: Lair, request: IncomingMessage, response: ServerResponse): Promise<number> {
  response.setHeader('content-type', 'application/json');
  if (request.url !== '/v1/releases') {
    response.writeHead(503).end(JSON.stringify({ code: 'PEER_STALE', message: 'not now' }));
    return 0;
  }
  const { intentId } = wanted.parse(JSON.parse(await bodyOf(request)));
  const context = (await lair.ledger.evaluate('access:GetReleaseContext', { intentId })) as ReleaseContext;
  const replies = permitted(context.intent).map((segment) => falseReply(lair, context, segment));
  response.writeHead(200).end(JSON.stringify({ replies }));
  return replies.length;
}

/** The head of the chain as an honest custodian sees it; sent signed, so the head may be a member of that name. */
async function headAt(hospital: Hospital, honest: Hospital): Promise<Head> {
  const client = new CustodianClient(hospital, 'custodian');
  try {
    const sent = await client.get(honest, '/v1/head');
    return head.parse(z.looseObject({ head: z.unknown() }).safeParse(sent).data?.head ?? sent);
  } finally {
    await client.close();
  }
}

function falseReply(
  { at, hospital, lie, signingKey }: Lair,
  { capsules, custodians, intent, records }: ReleaseContext,
  segment: IntentSegment,
): SignedReleaseReply {
  const { recordId, version, segmentId } = segment;
  const manifest = records
    .flatMap((record) => record.manifest ?? [])
    .find((found) => found.recordId === recordId && found.version === version);
  const of = manifest?.segments.find((each) => each.segmentId === segmentId);
  const index = custodians.members.find(({ mspId }) => mspId === hospital.mspId)?.index;
  const capsule = capsules.find(({ ref }) => segmentNameOf(ref) === segmentNameOf(segment))?.capsule;
  if (manifest === undefined || of === undefined || index === undefined || capsule === undefined)
    throw new Error('nothing to lie about');
  const label = segmentLabelHash(manifest, of, custodians.kid, sha256);
  const share = lie === 'malformed' ? randomBytes(95) : falseShare(custodians.publicKey);
  const place = {
    v: 2,
    suite: 1,
    channel: manifest.channel,
    intentId: intent.intentId,
    segment: { recordId, version, segmentId },
    epoch: custodians.epoch,
    index,
  } as const;
  const prefix = lie === 'unopenable' ? 'Tutela-v1-nothing' : RELEASE_INFO_PREFIX;
  const context = { info: tagged(prefix, releaseInfo(place)), aad: label };
  const sealed = hpkeSeal(decodeBase64url(intent.sessionKey, 32), context, share, (length) =>
    randomBytes(length),
  );
  const reply: ReleaseReply = {
    ...place,
    label: encodeBase64url(label),
    capsuleHash: capsuleHash(decodeBase64url(capsule), sha256),
    transcriptHash: custodians.transcriptHash,
    sealed: encodeBase64url(sealed),
    shareHash: encodeBase64url(sha256(share)),
    height: at.height,
    blockHash: at.blockHash,
    journalHead: at.journalHead,
  };
  const signed = sign('sha256', tagged(RELEASE_SIGNATURE_PREFIX, reply), {
    key: signingKey,
    dsaEncoding: 'ieee-p1363',
  });
  return { reply, signature: encodeBase64url(signed) };
}

/** A point of the group that is no share of anything, beside two scalars that prove nothing. */
function falseShare(somePoint: string): Uint8Array {
  const proof = randomBytes(64);
  // Scalars below the group's order, so that nothing but the proof itself is wrong.
  proof.writeUInt8(0, 31);
  proof.writeUInt8(0, 63);
  return concatBytes(decodeBase64url(somePoint, 32), proof);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > MAX_BODY_CHARS) throw new Error('the request is too large');
  }
  return text;
}
