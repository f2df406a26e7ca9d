// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, sign as signWith } from 'node:crypto';
import grpc from '@grpc/grpc-js';
import fabricProtos from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MspId, TxId } from '@tutela/chaincode/domain';
import { configurationBlock, encode, hospitalGroup, testTlsAuthority } from '@tutela/custodian/testing';
import { pino } from 'pino';
import { GATEWAY } from './actor.js';
import { openFabricLedger } from './fabric-ledger.js';

const { gateway: gatewayProtos, peer } = fabricProtos;
const OWN = 'AlderMSP' as MspId;
const HOSPITALS = ['AlderMSP', 'BirchMSP', 'MapleMSP'];

type Question = Readonly<{ name: string; targets: readonly string[] }>;
type Evaluated = InstanceType<typeof gatewayProtos.EvaluateRequest>;

/** The Gateway service of a peer: what each hospital's peer answers to a question, undefined for nothing. */
class PeerOfScript {
  answer: (question: Question) => unknown = () => undefined;
  readonly questions: Question[] = [];

  readonly evaluate = (
    call: Readonly<{ request: Evaluated }>,
    answerWith: (error: object | null, answer?: object) => void,
  ): void => {
    const question = { name: nameIn(call.request), targets: call.request.getTargetOrganizationsList() };
    this.questions.push(question);
    const found = this.answer(question);
    if (found === undefined) {
      answerWith({ code: grpc.status.UNAVAILABLE, message: 'the chaincode does not answer' });
      return;
    }
    const response = new peer.Response();
    response.setStatus(200);
    response.setPayload(found instanceof Uint8Array ? found : Buffer.from(JSON.stringify(found)));
    const evaluated = new gatewayProtos.EvaluateResponse();
    evaluated.setResult(response);
    answerWith(null, evaluated);
  };
}

function nameIn(request: Evaluated): string {
  const signed = request.getProposedTransaction();
  const proposal = peer.Proposal.deserializeBinary(signed?.getProposalBytes_asU8() ?? new Uint8Array(0));
  const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const input = peer.ChaincodeInvocationSpec.deserializeBinary(payload.getInput_asU8());
  const [name] = input.getChaincodeSpec()?.getInput()?.getArgsList_asU8() ?? [];
  return Buffer.from(name ?? []).toString();
}

/** peer.ProcessedTransaction with its validation code alone. */
const judged = (code: number): Uint8Array => Uint8Array.of(0x10, code);

const script = new PeerOfScript();
const server = new grpc.Server();
let ledger: ReturnType<typeof openFabricLedger>;

beforeAll(async () => {
  const authority = await testTlsAuthority('alder');
  const { certificate, privateKey } = await authority.issue();
  const credentials = grpc.ServerCredentials.createSsl(null, [
    { cert_chain: certificate, private_key: privateKey },
  ]);
  const { GatewayService } = gatewayProtos as unknown as { GatewayService: grpc.ServiceDefinition };
  server.addService(GatewayService, { evaluate: script.evaluate });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('localhost:0', credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const signer = {
    certificate: certificate.toString(),
    sign: (digest: Uint8Array) => Promise.resolve(signWith(null, digest, createPrivateKey(privateKey))),
  };
  ledger = openFabricLedger({
    peerEndpoint: `localhost:${port}`,
    peerTlsRoot: authority.root.toString(),
    channel: 'tutela',
    chaincode: 'tutela',
    mspId: OWN,
    identities: { signerOf: () => Promise.resolve(signer) } as never,
    log: pino({ level: 'silent' }),
    nowMs: Date.now,
    chance: Math.random,
  });
});

afterAll(() => {
  ledger.close();
  server.forceShutdown();
});

/** The own peer answers for a while, so that the gateway knows the consortium; then only what is given. */
async function ownPeerFallsSilent(then: (question: Question) => unknown): Promise<void> {
  script.answer = ({ name }) =>
    name === 'custody:GetCurrent' ? { threshold: 2 } : { hospitals: HOSPITALS.map((mspId) => ({ mspId })) };
  await ledger.evaluate(GATEWAY, 'registry:ListHospitals', {});
  await new Promise((resolve) => setTimeout(resolve, 200));
  script.answer = (question) => (question.targets.includes(OWN) ? undefined : then(question));
}

describe('attack 8: another hospital’s peer, asked while the own chaincode does not answer', () => {
  test('is asked by name alone, and what it alone says is not believed', async () => {
    await ownPeerFallsSilent(({ targets: [target] }) =>
      target === 'MapleMSP' ? { publicKey: 'the liar’s own' } : undefined,
    );
    const asked = ledger.evaluate(GATEWAY, 'custody:GetCurrent', {});
    await expect(asked).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    script.answer = (question) =>
      question.targets.includes(OWN) ? undefined : { publicKey: 'what both of them know' };
    await expect(ledger.evaluate(GATEWAY, 'custody:GetCurrent', {})).resolves.toMatchObject({
      publicKey: 'what both of them know',
    });
    expect(script.questions.every(({ targets }) => targets.length === 1)).toBe(true);
  });

  test('a transaction that the own peer does not know is never named committed', async () => {
    const id = 'a'.repeat(64) as TxId;
    await ownPeerFallsSilent(({ targets: [target] }) => (target === 'MapleMSP' ? judged(0) : undefined));
    expect(await ledger.status(id)).toEqual({ status: 'unknown' });
    script.answer = (question) => (question.targets.includes(OWN) ? undefined : judged(11));
    expect(await ledger.status(id)).toEqual({ status: 'invalid', code: 11 });
  });
});

describe('the authorities of the member hospitals', () => {
  const members = configurationBlock({
    Birch: hospitalGroup(
      encode([
        [1, 'BirchMSP'],
        [9, 'its TLS root'],
      ]),
    ),
  });

  test('are those of the channel’s configuration, by the own peer alone', async () => {
    script.questions.length = 0;
    script.answer = ({ name }) => (name === 'GetConfigBlock' ? members.serializeBinary() : undefined);
    expect(await ledger.memberAuthorities()).toMatchObject([
      { mspId: 'BirchMSP', tlsCertificates: [Buffer.from('its TLS root')] },
    ]);
    expect(script.questions).toEqual([{ name: 'GetConfigBlock', targets: [OWN] }]);
    script.answer = ({ targets }) => (targets.includes(OWN) ? undefined : members.serializeBinary());
    await expect(ledger.memberAuthorities()).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });
});
