// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { GroundError } from '../errors.js';
import { topologyFile } from './schema.js';
import { deriveTopology, type Topology } from './topology.js';

/** The consortium that comes up when nothing else is asked for. */
export const defaultTopologyPath = fileURLToPath(
  new URL('../../topologies/three-hospitals.yaml', import.meta.url),
);

const maxBytes = 64 * 1024;

/**
 * Reads a topology file.
 * @throws GroundError TOPOLOGY_UNREADABLE, TOPOLOGY_INVALID with the line of every mistake.
 */
export async function loadTopology(path: string): Promise<Topology> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GroundError('TOPOLOGY_UNREADABLE', `The topology file ${path} cannot be read.`, {
      advice: 'Name an existing file with --topology.',
      cause,
    });
  });
  return parseTopology(text, path);
}

/** Parses the text of a topology file; `name` is what error messages call it. */
export function parseTopology(text: string, name: string): Topology {
  if (text.length > maxBytes) throw invalid([`${name}: larger than ${maxBytes} bytes`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map(
        (error) => `${name}:${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`,
      ),
    );
  }
  const parsed = topologyFile.safeParse(document.toJS({ maxAliasCount: 10 }));
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => {
        const where = path.filter((part) => typeof part !== 'symbol');
        return `${name}:${lineOf(document, lines, where)}: ${where.join('.') || 'file'}: ${message}`;
      }),
    );
  }
  return deriveTopology(parsed.data);
}

/** Finds the line of the deepest node on the path that exists in the file. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}

function invalid(problems: readonly string[]): GroundError {
  return new GroundError('TOPOLOGY_INVALID', problems.join('\n'), {
    advice: 'Correct these lines and run the command again.',
  });
}
