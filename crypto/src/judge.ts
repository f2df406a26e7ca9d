// SPDX-License-Identifier: Apache-2.0
export { judgeComplaint } from './ceremony/complaint.js';
