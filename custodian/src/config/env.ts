// SPDX-License-Identifier: Apache-2.0
import { configFrom, type Config } from './config.js';

/** The configuration of this process; the only place that reads the environment. */
export function configFromEnvironment(): Config {
  return configFrom(process.env);
}
