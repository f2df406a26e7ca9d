// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { listenHost, listening, type HospitalContext } from '../plan/context.js';

const maxMessageBytes = 32 * 1024 * 1024;

/** Renders an ordering node's `orderer.yaml`, complete. */
export function ordererConfig(context: HospitalContext): object {
  const { at, hospital, layout, ports } = context;
  const tls = at.tls('orderer');
  return {
    General: {
      ListenAddress: listenHost(context),
      ListenPort: ports.orderer,
      TLS: {
        Enabled: true,
        PrivateKey: tls.keyFile,
        Certificate: tls.certFile,
        RootCAs: [tls.rootFile],
        ClientAuthRequired: false,
        ClientRootCAs: [tls.rootFile],
      },
      Keepalive: { ServerMinInterval: '5s', ServerInterval: '7200s', ServerTimeout: '20s' },
      MaxRecvMsgSize: maxMessageBytes,
      MaxSendMsgSize: maxMessageBytes,
      Cluster: {
        SendBufferSize: 100,
        ClientCertificate: tls.certFile,
        ClientPrivateKey: tls.keyFile,
        RootCAs: [layout.tlsRoots],
      },
      BootstrapMethod: 'none',
      LocalMSPDir: at.identity('orderer').mspDir,
      LocalMSPID: hospital.mspId,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      Authentication: { TimeWindow: '15m', NoExpirationChecks: false },
    },
    FileLedger: { Location: join(at.orderer, 'data') },
    Operations: { ListenAddress: listening(context, ports.ordererOperations), TLS: serverTls(context) },
    Metrics: { Provider: 'prometheus' },
    Admin: { ListenAddress: listening(context, ports.ordererAdmin), TLS: serverTls(context) },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: {
      WALDir: join(at.orderer, 'etcdraft', 'wal'),
      SnapDir: join(at.orderer, 'etcdraft', 'snapshot'),
    },
  };
}

function serverTls({ at }: HospitalContext): object {
  const tls = at.tls('orderer');
  return {
    Enabled: true,
    Certificate: tls.certFile,
    PrivateKey: tls.keyFile,
    ClientAuthRequired: true,
    ClientRootCAs: [tls.rootFile],
  };
}
