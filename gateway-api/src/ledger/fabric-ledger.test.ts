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
import type { KeptTransaction, TransactionKeeper } from './ledger.js';

const { common, gateway: gatewayProtos, peer } = fabricProtos;
const OWN = 'AlderMSP' as MspId;
const HOSPITALS = ['AlderMSP', 'BirchMSP', 'MapleMSP'];

type Question = Readonly<{ name: string; targets: readonly string[] }>;
type Evaluated = Request<'EvaluateRequest'>;
type Request<N extends 'EvaluateRequest' | 'EndorseRequest' | 'SubmitRequest'> = InstanceType<
  (typeof gatewayProtos)[N]
>;

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

type AnswerWith = (error: object | null, answer?: object) => void;

/** The Gateway service of a peer for submissions: it endorses all, and every transaction that it takes becomes valid. */
class OrderingPeer {
  readonly endorsed: string[] = [];
  readonly ordered: Readonly<{ txId: string; payload: Buffer; isSigned: boolean }>[] = [];

  readonly endorse = (
    { request }: Readonly<{ request: Request<'EndorseRequest'> }>,
    answerWith: AnswerWith,
  ): void => {
    this.endorsed.push(request.getTransactionId());
    const envelope = new common.Envelope();
    envelope.setPayload(transactionPayload({ number: this.endorsed.length }));
    const answer = new gatewayProtos.EndorseResponse();
    answer.setPreparedTransaction(envelope);
    answerWith(null, answer);
  };

  readonly submit = (
    { request }: Readonly<{ request: Request<'SubmitRequest'> }>,
    answerWith: AnswerWith,
  ): void => {
    const envelope = request.getPreparedTransaction();
    this.ordered.push({
      txId: request.getTransactionId(),
      payload: Buffer.from(envelope?.getPayload_asU8() ?? []),
      isSigned: (envelope?.getSignature_asU8().length ?? 0) > 0,
    });
    answerWith(null, new gatewayProtos.SubmitResponse());
  };

  readonly commitStatus = (_call: unknown, answerWith: AnswerWith): void => {
    const answer = new gatewayProtos.CommitStatusResponse();
    answer.setResult(peer.TxValidationCode.VALID);
    answerWith(null, answer);
  };
}

/** common.Payload of an endorsed transaction that answers a value. */
function transactionPayload(answer: object): Uint8Array {
  const response = encode([[3, JSON.stringify(answer)]]);
  const responsePayload = encode([[2, encode([[3, response]])]]);
  const endorsement = encode([[1, encode([[1, OWN]])]]);
  const action = encode([
    [
      2,
      encode([
        [1, responsePayload],
        [2, endorsement],
      ]),
    ],
  ]);
  const header = encode([[1, encode([[4, 'tutela']])]]);
  return encode([
    [1, header],
    [2, encode([[1, encode([[2, action]])]])],
  ]);
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

/** A block with one valid transaction. */
function blockWith(txId: string): Uint8Array {
  const channel = new common.ChannelHeader();
  channel.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channel.setTxId(txId);
  const header = new common.Header();
  header.setChannelHeader(channel.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const data = new common.BlockData();
  data.setDataList([envelope.serializeBinary()]);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList([
    new Uint8Array(0),
    new Uint8Array(0),
    Uint8Array.of(peer.TxValidationCode.VALID),
  ]);
  const block = new common.Block();
  block.setData(data);
  block.setMetadata(metadata);
  return block.serializeBinary();
}

/** What a peer answers about the one transaction that it has, once it has that. */
const havingOne =
  (txId: () => string | undefined) =>
  ({ name }: Question): unknown => {
    const known = txId();
    if (known === undefined) return undefined;
    if (name === 'GetBlockByTxID') return blockWith(known);
    return name === 'GetTransactionByID' ? judged(0) : undefined;
  };

const script = new PeerOfScript();
const ordering = new OrderingPeer();
const server = new grpc.Server();
let ledger: ReturnType<typeof openFabricLedger>;

beforeAll(async () => {
  const authority = await testTlsAuthority('alder');
  const { certificate, privateKey } = await authority.issue();
  const credentials = grpc.ServerCredentials.createSsl(null, [
    { cert_chain: certificate, private_key: privateKey },
  ]);
  const { GatewayService } = gatewayProtos as unknown as { GatewayService: grpc.ServiceDefinition };
  server.addService(GatewayService, {
    evaluate: script.evaluate,
    endorse: ordering.endorse,
    submit: ordering.submit,
    commitStatus: ordering.commitStatus,
  });
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

describe('attack 33: a keyed transaction', () => {
  test('that was kept and not ordered is ordered as it is by the next try, and answers what it answered', async () => {
    script.answer = havingOne(() => ordering.ordered[0]?.txId);
    let kept: KeptTransaction | undefined;
    const keeper = (fails: boolean): TransactionKeeper => ({
      kept: () => kept,
      keep: (_name, transaction) => {
        kept = transaction;
        if (fails) throw new Error('killed');
      },
    });
    const close = (fails: boolean) =>
      ledger.submitOnce(GATEWAY, 'emergency:Close', () => ({}), keeper(fails));
    await expect(close(true)).rejects.toThrow('killed');
    expect([ordering.endorsed.length, ordering.ordered.length]).toEqual([1, 0]);
    const { txId, result } = await close(false);
    expect([txId, result]).toEqual([ordering.endorsed[0], { number: 1 }]);
    const [ordered] = ordering.ordered;
    expect(ordered).toMatchObject({ txId, isSigned: true });
    expect(ordered?.payload.equals(transactionPayload({ number: 1 }))).toBe(true);
    expect([ordering.endorsed.length, ordering.ordered.length]).toEqual([1, 1]);
  });

  test('that was kept and is valid is neither endorsed nor ordered again', async () => {
    const known = ordering.ordered.length;
    script.answer = havingOne(() => 'b'.repeat(64));
    const endorsed = encode([
      [1, 'b'.repeat(64)],
      [2, encode([[1, transactionPayload({ number: 7 })]])],
    ]);
    const kept = { txId: 'b'.repeat(64) as TxId, bytes: Buffer.from(endorsed).toString('base64') };
    const keeper = { kept: () => kept, keep: () => undefined };
    const makeRequest = (): never => {
      throw new Error('the request is not made again');
    };
    const closed = await ledger.submitOnce(GATEWAY, 'emergency:Close', makeRequest, keeper);
    expect(closed).toEqual({ txId: kept.txId, result: { number: 7 } });
    expect(ordering.ordered).toHaveLength(known);
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
