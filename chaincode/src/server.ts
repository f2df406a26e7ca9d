// SPDX-License-Identifier: Apache-2.0
import { contracts, serve } from './serve.js';

serve(contracts, process.env);
