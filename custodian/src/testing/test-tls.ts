// SPDX-License-Identifier: Apache-2.0
import { testTlsAuthority as authorityOf } from '@tutela/fabric/testing';
import type { TlsMaterial } from '../peers/peer-client.js';
import { fixedRoots } from '../peers/trusted-roots.js';

/** TLS files of one consortium: every call of `issue` certifies one more process at localhost; `root` is PEM. */
export async function testTlsAuthority(
  name: string,
): Promise<Readonly<{ root: Buffer; issue: () => Promise<TlsMaterial> }>> {
  const { root, issue } = await authorityOf(name);
  return { root, issue: async () => ({ ...(await issue()), roots: fixedRoots(root) }) };
}
