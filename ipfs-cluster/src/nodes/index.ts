// SPDX-License-Identifier: Apache-2.0
export { tcpMultiaddr, unixMultiaddr, type Endpoint } from './address.js';
export { closedClusterConfig, type ClusterConfigInputs, type ClusterPeer } from './cluster-config.js';
export { describeCluster, type ClusterSecrets, type ClusterSettings } from './cluster.js';
export type {
  ConfiguredNode,
  FileToWrite,
  FolderToMake,
  HttpTarget,
  Initialisation,
  Invocation,
  JsonEdit,
  NodeDescription,
  Probe,
  ProbeAnswer,
  Stopping,
  StorageProgram,
} from './description.js';
export type { Json, JsonObject } from './json.js';
export { privateKuboConfig, type KuboConfigInputs, type KuboPeer } from './kubo-config.js';
export { describeKubo, kuboEnvironment, kuboRpcSocket, type KuboSecrets, type KuboSettings } from './kubo.js';
export { clusterSecretText, parseRestCredentials, swarmKeyText, type RestCredentials } from './secrets.js';
export { checkedSocketPath } from './socket-path.js';
