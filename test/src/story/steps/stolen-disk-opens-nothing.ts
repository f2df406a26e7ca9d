// SPDX-License-Identifier: Apache-2.0
import type { Step } from '../step.js';
export const stolenDiskOpensNothing: Step = {
  name: 'stolen-disk-opens-nothing',
  tells: '',
  run: () => Promise.reject(new Error('pending')),
};
