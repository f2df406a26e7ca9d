// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { listedOrderers, listening, orderingFor, reached, type HospitalContext } from '../plan/context.js';

const maxMessageBytes = 32 * 1024 * 1024;

/** Renders a peer's `core.yaml`, complete: what is not named here has the same value in Fabric's code. */
export function peerConfig(context: HospitalContext): object {
  const { at, ports, productDir } = context;
  return {
    peer: peerSection(context),
    vm: { endpoint: '' },
    chaincode: {
      mode: 'net',
      installTimeout: '60s',
      startuptimeout: '60s',
      executetimeout: '20s',
      keepalive: 0,
      externalBuilders: [
        {
          name: 'tutela',
          path: join(productDir, 'network', 'builder'),
          propagateEnvironment: ['TUTELA_CHAINCODE_CONNECTION_FILE'],
        },
      ],
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'warning', shim: 'warning' },
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: true },
      pvtdataStore: {
        collElgProcMaxDbBatchSize: 5000,
        collElgProcDbBatchesInterval: 1000,
        deprioritizedDataReconcilerInterval: '5m',
        purgeInterval: 1,
        purgedKeyAuditLogging: true,
      },
      snapshots: { rootDir: join(at.peer, 'snapshots') },
    },
    operations: operations(context, ports.peerOperations),
    metrics: { provider: 'prometheus' },
  };
}

function peerSection(context: HospitalContext): object {
  const { at, hospital, ports } = context;
  const tls = at.tls('peer');
  return {
    id: `peer.${hospital.id}`,
    networkId: 'tutela',
    listenAddress: listening(context, ports.peer),
    address: reached(context, ports.peer),
    chaincodeListenAddress: listening(context, ports.peerChaincode),
    chaincodeAddress: reached(context, ports.peerChaincode),
    localMspId: hospital.mspId,
    localMspType: 'bccsp',
    mspConfigPath: at.identity('peer').mspDir,
    fileSystemPath: join(at.peer, 'data'),
    // An endorser that hangs leaves time for another within a gateway's own deadline.
    gateway: { enabled: true, endorsementTimeout: '6s', broadcastTimeout: '3s', dialTimeout: '30s' },
    keepalive: {
      minInterval: '5s',
      client: { interval: '10s', timeout: '5s' },
      deliveryClient: { interval: '10s', timeout: '3s' },
    },
    gossip: gossip(reached(context, ports.peer)),
    tls: {
      enabled: true,
      clientAuthRequired: false,
      cert: { file: tls.certFile },
      key: { file: tls.keyFile },
      rootcert: { file: tls.rootFile },
      clientRootCAs: { files: [tls.rootFile] },
    },
    authentication: { timewindow: '15m' },
    BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
    client: { connTimeout: '3s' },
    deliveryclient: {
      blockGossipEnabled: false,
      reconnectTotalTimeThreshold: '3600s',
      reConnectBackoffThreshold: '2s',
      connTimeout: '3s',
      addressOverrides: ownOrderer(context),
    },
    handlers,
    discovery: {
      enabled: true,
      authCacheEnabled: true,
      authCacheMaxSize: 1000,
      authCachePurgeRetentionRatio: 0.75,
    },
    limits: { concurrency: { endorserService: 2500, deliverService: 2500, gatewayService: 500 } },
    maxRecvMsgSize: maxMessageBytes,
    maxSendMsgSize: maxMessageBytes,
  };
}

/**
 * Fabric's deliver client takes any of the orderers' addresses in the channel's configuration and stays with the one
 * that answers, silent or lying. Whichever it takes, it dials the one orderer that serves the hospital.
 */
function ownOrderer(context: HospitalContext): readonly object[] {
  const orderer = orderingFor(context);
  const to = reached(orderer, orderer.ports.orderer);
  return listedOrderers(context).map((from) => ({ from, to, caCertsFile: orderer.at.tlsCaCertFile }));
}

/** Every hospital's one peer fetches its own blocks; gossip carries private data and membership, and no block. */
function gossip(endpoint: string): object {
  return {
    bootstrap: endpoint,
    endpoint,
    externalEndpoint: endpoint,
    useLeaderElection: false,
    orgLeader: true,
    aliveTimeInterval: '2s',
    aliveExpirationTimeout: '10s',
    reconnectInterval: '3s',
    requestStateInfoInterval: '2s',
    publishStateInfoInterval: '2s',
    pvtData: {
      pullRetryThreshold: '5s',
      transientstoreMaxBlockRetention: 1000,
      pushAckTimeout: '3s',
      btlPullMargin: 10,
      reconcileBatchSize: 10,
      reconcileSleepInterval: '10s',
      reconciliationEnabled: true,
      skipPullingInvalidTransactionsDuringCommit: true,
      implicitCollectionDisseminationPolicy: { requiredPeerCount: 0, maxPeerCount: 1 },
    },
    // No block is near enough to the own height to be taken from another hospital's peer, whoever signed it. The price:
    // a block of the own orderer waits, a tenth of a second at a time, until the one before it is being judged.
    state: { enabled: false, blockBufferSize: 0 },
  };
}

const handlers = {
  authFilters: [{ name: 'DefaultAuth' }, { name: 'ExpirationCheck' }],
  decorators: [{ name: 'DefaultDecorator' }],
  endorsers: { escc: { name: 'DefaultEndorsement' } },
  validators: { vscc: { name: 'DefaultValidation' } },
};

/** Health and metrics, for this hospital's own operators alone. */
function operations(context: HospitalContext, port: number): object {
  const tls = context.at.tls('peer');
  return {
    listenAddress: listening(context, port),
    tls: {
      enabled: true,
      cert: { file: tls.certFile },
      key: { file: tls.keyFile },
      clientAuthRequired: true,
      clientRootCAs: { files: [tls.rootFile] },
    },
  };
}
