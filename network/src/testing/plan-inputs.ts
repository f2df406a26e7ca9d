// SPDX-License-Identifier: Apache-2.0
import type { PlanInputs } from '../plan/context.js';
import { layoutState } from '../plan/layout.js';
import { defaultTopologyPath, loadTopology } from '../topology/load.js';
import type { Topology } from '../topology/topology.js';

/** Plan inputs with fixed paths, so that everything derived from them can be compared. */
export async function examplePlan(topology?: Topology): Promise<PlanInputs> {
  return {
    topology: topology ?? (await loadTopology(defaultTopologyPath)),
    layout: layoutState('/state'),
    basePort: 7100,
    program: (name) => `/programs/${name}`,
    nodeProgram: '/programs/node',
    productDir: '/product',
    chaincode: {
      file: '/product/chaincode/dist/tutela-chaincode.cjs',
      digest: 'd'.repeat(64),
      version: `1.0-${'d'.repeat(16)}`,
      label: `tutela_1.0-${'d'.repeat(16)}`,
      packageId: `tutela_1.0-${'d'.repeat(16)}:${'e'.repeat(64)}`,
    },
  };
}
