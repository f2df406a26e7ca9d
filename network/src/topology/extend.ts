// SPDX-License-Identifier: Apache-2.0
import { isMap, parseDocument, type Document } from 'yaml';
import { GroundError } from '../errors.js';
import { parseTopology } from './load.js';
import { namedHospital } from './schema.js';
import type { Hospital, Topology } from './topology.js';

/** A hospital that is to join; everything else about it is derived. */
export interface NewHospital {
  readonly id: string;
  /** For people; the id with a capital letter when left out. */
  readonly name?: string;
}

/**
 * Appends a hospital to the text of a topology file, comments and all; a text that has it already is returned as it is.
 * Thresholds that the file names are raised where they would no longer be a majority; who has founded the consortium
 * stays said.
 * @throws GroundError USAGE when the id or the name is none, another hospital has the id, or no consortium can be made so;
 * TOPOLOGY_INVALID when the text itself breaks a rule.
 */
export function extendTopology(text: string, name: string, added: NewHospital): string {
  const { founders, hospitals } = parseTopology(text, name);
  requireNamed(added);
  const known = hospitals.find(({ id }) => id === added.id);
  if (known !== undefined) return sameHospital(known, added, text);
  const document = parseDocument(text);
  document.addIn(['hospitals'], document.createNode({ id: added.id, name: nameOf(added) }));
  document.setIn(['custody', 'founders'], founders);
  raise(document, ['custody', 'threshold']);
  raise(document, ['policies', 'endorsement']);
  const extended = document.toString({ lineWidth: 0 });
  requireAllowed(extended, added);
  return extended;
}

/** What is wrong with the argument is not in the file, which has no such line. */
function requireNamed(added: NewHospital): void {
  const [issue] = namedHospital.safeParse(added).error?.issues ?? [];
  if (issue === undefined) return;
  const { message, path } = issue;
  const [what, value] = path[0] === 'name' ? ['name', added.name] : ['id', added.id];
  throw new GroundError(
    'USAGE',
    `The ${what} "${value ?? ''}" cannot be that of a hospital: it ${message}.`,
    {
      advice: 'Name the hospital otherwise: `tutela hospital add <id> --name <name>`. Nothing was changed.',
    },
  );
}

function requireAllowed(extended: string, { id }: NewHospital): void {
  try {
    parseTopology(extended, `with ${id}`);
  } catch (cause) {
    if (!(cause instanceof GroundError)) throw cause;
    throw new GroundError('USAGE', `The hospital "${id}" cannot join: ${cause.message}`, {
      advice: 'The topology with this hospital would break that rule. Nothing was changed.',
      cause,
    });
  }
}

/** Whether a topology has a hospital of this id. */
export function hasHospital({ hospitals }: Topology, wanted: string): boolean {
  return hospitals.some(({ id }) => id === wanted);
}

function sameHospital(known: Hospital, { id, name }: NewHospital, text: string): string {
  if (name === undefined || name === known.name) return text;
  throw new GroundError('USAGE', `The hospital "${id}" is there already, and is called ${known.name}.`, {
    advice: 'Choose another id.',
  });
}

function nameOf({ id, name }: NewHospital): string {
  return name ?? `${id.charAt(0).toUpperCase()}${id.slice(1)} Hospital`;
}

/** What was a majority of the hospitals before need not be one with another hospital. */
function raise(document: Document, path: readonly [string, string]): void {
  const hospitals = document.get('hospitals') as { readonly items: readonly unknown[] };
  const majority = Math.floor(hospitals.items.length / 2) + 1;
  const section = document.get(path[0]);
  const value = isMap(section) ? section.get(path[1]) : undefined;
  if (typeof value === 'number' && value < majority) document.setIn(path, majority);
}
