// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { lastLines } from './log-file.js';

const searchedLines = 1_000;
const errorLevel = 50;
/** The line that Node, or a program of Fabric, prints about the error that ended it; the line of a cause is indented. */
const uncaught = /^([A-Z]\w*)?Error(?: \[\w+\])?: (.+)$/;

const logged = z.looseObject({
  level: z.number().min(errorLevel),
  msg: z.string(),
  code: z.string().optional(),
  err: z.looseObject({ causes: z.array(z.looseObject({ code: z.string().optional() })) }).optional(),
});

/** The newest reason in a process's log for its end: the message with its code, without the stack; undefined when the log has none. */
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
    // The line was cut, or is not JSON.
    return undefined;
  }
}
