// SPDX-License-Identifier: Apache-2.0
import {
  describeCluster,
  describeKubo,
  kuboEnvironment,
  kuboRpcSocket,
  type ClusterSettings,
  type KuboSettings,
} from '@tutela/ipfs-cluster/nodes';
import { listenHost, listening, processSpec, type HospitalContext } from './context.js';
import type { ProcessSpec } from './process-spec.js';

/** The name by which the cluster's peers know their common state. */
const clusterName = 'tutela';

/** The settings of the hospital's Kubo node. */
export function kuboSettings(context: HospitalContext): KuboSettings {
  const { hospital, at, ports } = context;
  const swarm = { host: listenHost(context), port: ports.kuboSwarm };
  return { hospital: hospital.id, folder: at.kubo, swarm };
}

/** The settings of the hospital's cluster peer. */
export function clusterSettings(context: HospitalContext): ClusterSettings {
  const { hospital, at, ports } = context;
  const host = listenHost(context);
  return {
    hospital: hospital.id,
    folder: at.cluster,
    clusterName,
    listen: { host, port: ports.clusterSwarm },
    rest: { host, port: ports.clusterRest },
    kuboSocket: kuboRpcSocket(at.kubo),
  };
}

/** The hospital's Kubo node; its RPC answers on a private socket only. */
export function kuboProcess(context: HospitalContext): ProcessSpec {
  const { at, ports } = context;
  // The peers are irrelevant to how the process is started; only its configuration file names them.
  const { start, stop } = describeKubo(kuboSettings(context)).configure([], { swarmKey: '' });
  return processSpec(context, {
    kind: 'kubo',
    address: listening(context, ports.kuboSwarm),
    command: context.program(start.program),
    args: start.args,
    env: { ...kuboEnvironment(at.kubo), ...start.env },
    cwd: at.kubo,
    dependsOn: [],
    readiness: { kind: 'socket', socketPath: kuboRpcSocket(at.kubo), method: 'POST', path: '/api/v0/id' },
    staleSockets: [kuboRpcSocket(at.kubo)],
    stopTimeoutMs: stop.graceMs,
  });
}

/** The hospital's cluster peer; its REST interface wants credentials. */
export function clusterProcess(context: HospitalContext): ProcessSpec {
  const { at, ports } = context;
  const description = describeCluster(clusterSettings(context));
  const { start, stop } = description.configure([], { secret: '', credentials: { user: '', password: '' } });
  return processSpec(context, {
    kind: 'cluster',
    address: `http://${listening(context, ports.clusterRest)}`,
    command: context.program(start.program),
    args: start.args,
    env: start.env,
    cwd: at.cluster,
    dependsOn: ['kubo'],
    readiness: {
      kind: 'http',
      url: `http://${listening(context, ports.clusterRest)}/id`,
      credentialsFile: at.clusterCredentialsFile,
    },
    stopTimeoutMs: stop.graceMs,
  });
}
