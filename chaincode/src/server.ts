// SPDX-License-Identifier: Apache-2.0
import { contractsFor, serve } from './serve.js';

serve(contractsFor, process.env);
