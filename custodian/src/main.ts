// SPDX-License-Identifier: Apache-2.0
import { startCustodian } from './compose.js';
import { configFromEnvironment } from './config/env.js';

const custodian = await startCustodian(configFromEnvironment());

const stop = (): void => {
  custodian.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
