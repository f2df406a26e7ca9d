// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { z } from 'zod';

const bundle = z.looseObject({ entry: z.array(z.unknown()) });

/** Lower-case hexadecimal SHA-256. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Entries of a FHIR Bundle as a sorted list of texts, so that Bundles compare whatever the order of their entries. */
export function bundleEntries(bytes: Uint8Array): readonly string[] {
  const { entry } = bundle.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return entry.map((each) => JSON.stringify(each)).sort();
}

/** Whether several Bundles hold together exactly the entries of one. */
export function sameEntries(parts: Iterable<Uint8Array>, whole: Uint8Array): boolean {
  const found = [...parts].flatMap((part) => bundleEntries(part)).sort();
  const wanted = bundleEntries(whole);
  return found.length === wanted.length && found.every((entry, position) => entry === wanted[position]);
}
