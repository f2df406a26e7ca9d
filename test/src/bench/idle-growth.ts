// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Hospital } from '../support/consortium.js';
import { CustodianClient } from '../support/custodian-client.js';
import { waitFor } from '../support/wait.js';
import { differences, footprintOf, growthByStore, writtenBy, type Footprint } from './footprint.js';
import { round } from './statistics.js';
import type { Ward } from './ward.js';

const MB = 1_000_000;
const MINUTES_PER_DAY = 24 * 60;
/** After traffic custodians' heartbeats follow for a while; the ledger is at rest when it has not grown for so long. */
const REST_MS = 60_000;
const REST_DEADLINE_MS = 600_000;

/** What an idle consortium writes. */
export interface IdleGrowthFigures {
  readonly minutes: number;
  /** Height of the ledger when the idle time began and when it ended. */
  readonly heights: readonly [number, number];
  /** The hospital that grew most, in megabytes (10⁶ bytes) for a day. */
  readonly mbPerHospitalAndDay: number;
  readonly hospitals: readonly HospitalGrowth[];
}

/** What one hospital's files grew by in the idle time, in bytes, by store; and what its processes wrote meanwhile. */
export interface HospitalGrowth {
  readonly hospital: string;
  readonly bytes: number;
  readonly stores: Readonly<Record<string, number>>;
  readonly writtenBytes: Readonly<Record<string, number>>;
}

interface Moment {
  readonly height: number;
  readonly hospitals: readonly Readonly<{
    footprint: Footprint;
    /** By kind of process. */
    written: ReadonlyMap<string, number>;
  }>[];
}

/** Waits until the ledger is at rest, leaves everything alone for a time, and measures every hospital's folder. */
export async function measureIdleGrowth(
  ward: Ward,
  minutes: number,
  onProgress: (line: string) => void,
): Promise<IdleGrowthFigures> {
  const custodians = new CustodianClient(ward.home);
  try {
    const height = () => heightAt(custodians, ward.home);
    const rested = await untilRest(height);
    onProgress(`the ledger is at rest at height ${rested}; leaving it alone for ${minutes} min`);
    const before = await momentOf(ward, await height());
    await sleep(minutes * 60_000);
    return compare(ward, minutes, before, await momentOf(ward, await height()));
  } finally {
    await custodians.close();
  }
}

const head = z.looseObject({ head: z.looseObject({ height: z.int() }) });

async function heightAt(custodians: CustodianClient, hospital: Hospital): Promise<number> {
  return head.parse(await custodians.get(hospital, '/v1/head')).head.height;
}

async function untilRest(height: () => Promise<number>): Promise<number> {
  let last = await height();
  let since = performance.now();
  const ask = async () => {
    const now = await height();
    if (now !== last) [last, since] = [now, performance.now()];
    return performance.now() - since >= REST_MS ? last : undefined;
  };
  return waitFor(ask, { what: 'the ledger to rest', deadlineMs: REST_DEADLINE_MS, intervalMs: 2_000 });
}

async function momentOf({ consortium }: Ward, height: number): Promise<Moment> {
  const running = await consortium.processes.list();
  const hospitals = await Promise.all(
    consortium.hospitals.map(async ({ id, diskDir }) => {
      const own = running.filter(({ hospital }) => hospital === id);
      const written = new Map(
        own.flatMap(({ kind, pid }) => (pid === undefined ? [] : [[kind, writtenBy(pid)] as const])),
      );
      return { footprint: await footprintOf(diskDir), written };
    }),
  );
  return { height, hospitals };
}

function compare({ consortium }: Ward, minutes: number, before: Moment, after: Moment): IdleGrowthFigures {
  const hospitals = consortium.hospitals.map(({ id }, position) => {
    const [then, now] = [before.hospitals[position], after.hospitals[position]];
    if (then === undefined || now === undefined) throw new Error(`${id} was not measured`);
    const stores = growthByStore(then.footprint, now.footprint);
    const bytes = Object.values(stores).reduce((total, grown) => total + grown, 0);
    return { hospital: id, bytes, stores, writtenBytes: differences(then.written, now.written) };
  });
  const most = Math.max(...hospitals.map(({ bytes }) => bytes));
  return {
    minutes,
    heights: [before.height, after.height],
    mbPerHospitalAndDay: round(((most / MB) * MINUTES_PER_DAY) / minutes),
    hospitals,
  };
}
