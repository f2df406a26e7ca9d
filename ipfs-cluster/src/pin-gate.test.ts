// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { PinGate } from './pin-gate.js';

/** Work that says when it begins, and ends when it is told to. */
function work(name: string, log: string[]) {
  const end = Promise.withResolvers<undefined>();
  return {
    run: async () => {
      log.push(name);
      await end.promise;
    },
    end: async () => {
      end.resolve(undefined);
      await turn();
    },
  };
}

const { signal } = new AbortController();

describe('pins and removals of one node', () => {
  it('run as several pins at a time, and as one removal alone', async () => {
    const [gate, log] = [new PinGate(), [] as string[]];
    const [one, two, removal, three] = ['one', 'two', 'removal', 'three'].map((name) => work(name, log));
    if (!one || !two || !removal || !three) throw new Error('four');
    const all = [
      gate.pinning(one.run, signal),
      gate.pinning(two.run, signal),
      gate.removing(removal.run, signal),
    ];
    // What comes after a removal that waits begins after it.
    all.push(gate.pinning(three.run, signal));
    await turn();
    expect(log).toEqual(['one', 'two']);
    await one.end();
    expect(log).toEqual(['one', 'two']);
    await two.end();
    expect(log).toEqual(['one', 'two', 'removal']);
    await removal.end();
    expect(log).toEqual(['one', 'two', 'removal', 'three']);
    await three.end();
    await Promise.all(all);
  });

  it('go on after work that fails', async () => {
    const gate = new PinGate();
    await expect(gate.removing(() => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    await expect(gate.pinning(() => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    await expect(gate.removing(() => Promise.resolve('yes'), signal)).resolves.toBe('yes');
  });

  it('leave the row when they are called away, and keep no other waiting', async () => {
    const [gate, log] = [new PinGate(), [] as string[]];
    const [one, removal, two] = ['one', 'removal', 'two'].map((name) => work(name, log));
    if (!one || !removal || !two) throw new Error('three');
    const leaving = new AbortController();
    const all = [gate.pinning(one.run, signal)];
    const left = gate.removing(removal.run, leaving.signal);
    all.push(gate.pinning(two.run, signal));
    await turn();
    expect(log).toEqual(['one']);
    leaving.abort(new Error('called away'));
    await expect(left).rejects.toThrow('called away');
    expect(log).toEqual(['one', 'two']);
    await expect(gate.removing(removal.run, leaving.signal)).rejects.toThrow('called away');
    await one.end();
    await two.end();
    await Promise.all(all);
    await expect(gate.removing(() => Promise.resolve('alone'), signal)).resolves.toBe('alone');
    expect(log).toEqual(['one', 'two']);
  });
});
