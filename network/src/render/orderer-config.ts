// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { listenHost, listening, type HospitalContext } from '../plan/context.js';

const maxMessageBytes = 32 * 1024 * 1024;
/** Raft dials a lost member within its own loop, so that it takes a small part of the time until an election. */
const dialTicks = 10;

/** Renders an ordering node's `orderer.yaml`, complete. */
export function ordererConfig(context: HospitalContext): object {
  const { at, hospital, layout, ports, topology } = context;
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
        DialTimeout: times(topology.ordering.tickInterval, dialTicks),
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

/** A duration of a topology, so many times. */
function times(duration: string, factor: number): string {
  return duration.replace(/^\d+/, (count) => String(Number(count) * factor));
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
