// SPDX-License-Identifier: Apache-2.0
// What the processes of a consortium logged as errors: where to look when a test on real processes failed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ERROR = 50;
/** Lines that are told of each process, the last ones. */
const SHOWN = 12;
const KINDS = ['gateway', 'custodian'];

/** One line for each error, by process and time, of the consortium whose state is in a folder. */
export function loggedErrors(stateDir) {
  const hospitals = join(stateDir, 'hospitals');
  if (!existsSync(hospitals)) return [];
  return readdirSync(hospitals).flatMap((hospital) =>
    KINDS.flatMap((kind) =>
      errorsIn(join(hospitals, hospital, 'logs', `${kind}.log`)).map((line) => `${hospital}/${kind} ${line}`),
    ),
  );
}

function errorsIn(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').flatMap(parsed);
  const errors = lines.filter(({ level, err }) => level >= ERROR && err?.causes !== undefined);
  return errors.slice(-SHOWN).map(({ time, msg, err: { causes } }) => {
    const [{ code, name, frames = [] }] = causes;
    return `${new Date(time).toISOString()} ${msg}: ${code ?? name} ${frames[0] ?? ''}`;
  });
}

/** Programs that are killed leave lines unfinished, and Node itself writes others. */
function parsed(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
