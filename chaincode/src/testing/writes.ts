// SPDX-License-Identifier: Apache-2.0
import type { FakeStub } from './fake-stub.js';
import { readable } from './readable.js';

/** Everything that a simulation would write to public state and private data; a deletion is null. */
export function writesOf({ rwset }: Pick<FakeStub, 'rwset'>): Readonly<Record<string, unknown>> {
  return readable([...rwset.writes, ...rwset.privateWrites]);
}
