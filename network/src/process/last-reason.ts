// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { lastLines } from './log-file.js';

const searchedLines = 1_000;
const errorLevel = 50;
/** What Node prints of an error that ended it, and Fabric's programs of one of theirs; a cause is indented. */
const uncaught = /^([A-Z]\w*)?Error(?: \[\w+\])?: (.+)$/;

const logged = z.looseObject({
  level: z.number().min(errorLevel),
  msg: z.string(),
  code: z.string().optional(),
  err: z.looseObject({ causes: z.array(z.looseObject({ code: z.string().optional() })) }).optional(),
});

/** Why a process ended, as its log tells it last, with its code and without its stack; undefined where it tells nothing. */
export function lastReason(logFile: string): string | undefined {
  return lastLines(logFile, searchedLines)
    .map(reasonIn)
    .findLast((reason) => reason !== undefined);
}

function reasonIn(line: string): string | undefined {
  const [, kind, message] = uncaught.exec(line) ?? [];
  if (message !== undefined) return kind === undefined ? message : `${kind}Error: ${message}`;
  const found = line.startsWith('{') ? logged.safeParse(parsed(line)).data : undefined;
  if (found === undefined) return undefined;
  const code = found.code ?? found.err?.causes.find((cause) => cause.code !== undefined)?.code;
  return code === undefined ? found.msg : `[${code}] ${found.msg}`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A line that was cut, or no JSON at all, tells no reason.
    return undefined;
  }
}
