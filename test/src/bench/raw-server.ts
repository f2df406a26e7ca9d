// SPDX-License-Identifier: Apache-2.0
// The product's chaincode server with one contract more: what a put of one key costs in the same process.
import contractApi, { type Context } from 'fabric-contract-api';
import { contractsFor, serve } from '@tutela/chaincode/server';

/** `raw:Put`: one key, one value, nothing else. */
class RawContract extends contractApi.Contract {
  constructor() {
    super('raw');
  }

  async Put(ctx: Context, request: string): Promise<void> {
    const { key, value } = JSON.parse(request) as { readonly key: string; readonly value: string };
    await ctx.stub.putState(`raw-${key}`, Buffer.from(value));
  }
}

serve((founders) => [...contractsFor(founders), RawContract], process.env);
