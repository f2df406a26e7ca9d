// SPDX-License-Identifier: Apache-2.0
export {
  addOrdererAddresses,
  administratorOf,
  changeTlsAuthorities,
  nodesOf,
  type Administrator,
  type Credentials,
  type Nodes,
  type TlsAuthorities,
} from './administrator.js';
export type { Door } from './namespaces/addresses.js';
export { NamespacedGround, type GroundOptions } from './namespaces/namespaced-ground.js';
export { namespaceObstacle } from './namespaces/obstacle.js';
export { bringInUninvited, uninvited } from './uninvited.js';
