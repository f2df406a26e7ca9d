// SPDX-License-Identifier: Apache-2.0
import type { Topology } from '../topology/topology.js';
export function renderCompose(topology: Topology): string { return String(topology.channel); }
