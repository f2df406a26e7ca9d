// SPDX-License-Identifier: Apache-2.0
import type { ProcessSpec } from '../plan/process-spec.js';
import type { SupervisedProcess } from './supervisor.js';

/** Whatever keeps processes running: the supervisor here, or a container engine. */
export interface ProcessRunner {
  /** Makes sure that a process runs as described. */
  ensure(spec: ProcessSpec): Promise<void>;
  list(): Promise<readonly SupervisedProcess[]>;
}
