// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { systemClock } from './clock.js';
import { UploadLeases } from './upload-lease.js';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('upload leases', () => {
  it('let uploads run side by side', async () => {
    const leases = new UploadLeases();
    const [one, two] = [gate(), gate()];
    const uploads = [leases.upload(() => one.opened), leases.upload(() => two.opened)];
    await Promise.resolve();
    expect(leases.open).toBe(2);
    one.open();
    two.open();
    await Promise.all(uploads);
    expect(leases.open).toBe(0);
  });

  it('keep a collection away until the last upload has ended, even in failure', async () => {
    const leases = new UploadLeases();
    const order: string[] = [];
    const held = gate();
    const upload = leases.upload(async () => {
      await held.opened;
      order.push('uploaded');
      throw new Error('lost');
    });
    const collection = leases.collect(systemClock, AbortSignal.timeout(5_000), () =>
      Promise.resolve(order.push('collected')),
    );
    held.open();
    await expect(upload).rejects.toThrow('lost');
    await collection;
    expect(order).toEqual(['uploaded', 'collected']);
  });

  it('make an upload wait for a collection under way', async () => {
    const leases = new UploadLeases();
    const order: string[] = [];
    const held = gate();
    const collection = leases.collect(systemClock, AbortSignal.timeout(5_000), async () => {
      await held.opened;
      order.push('collected');
    });
    const upload = leases.upload(() => Promise.resolve(order.push('uploaded')));
    held.open();
    await Promise.all([collection, upload]);
    expect(order).toEqual(['collected', 'uploaded']);
  });

  it('end the wait of a collection with its signal, without collecting', async () => {
    const leases = new UploadLeases();
    const held = gate();
    const upload = leases.upload(() => held.opened);
    let collected = false;
    const collection = leases.collect(systemClock, AbortSignal.timeout(30), () =>
      Promise.resolve((collected = true)),
    );
    await expect(collection).rejects.toMatchObject({ name: 'AbortError' });
    held.open();
    await upload;
    expect(collected).toBe(false);
  });
});
