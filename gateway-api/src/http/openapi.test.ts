// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Router } from 'express';
import { describeApi } from './openapi.js';
import { allRoutes } from './routes/index.js';
import { openDoor, type Door } from './testing/door.js';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

type Operation = { operationId?: string; responses: Record<string, unknown>; security?: unknown[] };
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> };

const document = async () => (await (await fetch(`${door.url}/openapi.json`)).json()) as Document;

/** Paths that are pages, or described in words because the document has no way to describe a stream of events. */
const PAGES = ['/docs', '/docs/start.js', '/openapi.json'];

function mountedPaths(router: Router): readonly string[] {
  return router.stack.flatMap((layer) => {
    const inner: unknown = Reflect.get(layer, 'handle');
    if (layer.route !== undefined) return [layer.route.path];
    return typeof inner === 'function' && 'stack' in inner ? mountedPaths(inner as Router) : [];
  });
}

describe('the document', () => {
  test('describes every path that the application answers, and no other', async () => {
    const { openapi, paths } = await document();
    expect(openapi).toBe('3.1.0');
    const mounted = mountedPaths(door.app.router as unknown as Router)
      .map((path) => path.replaceAll(/:([A-Za-z]+)/g, '{$1}'))
      .filter((path) => !PAGES.includes(path) && !path.startsWith('/docs/assets/'));
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(paths).sort());
  });

  test('gives each operation its own id, a refusal, and the scopes that it needs', async () => {
    const { paths } = await document();
    const operations = Object.entries(paths).flatMap(([path, byMethod]) =>
      Object.entries(byMethod).map(([method, operation]) => ({ path, method, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, responses, security } of operations.filter(({ path }) => path.startsWith('/v1/'))) {
      expect(responses).toHaveProperty('default');
      expect({ path, security: security?.length }).toEqual({ path, security: 1 });
    }
  });

  test('every write of a resource that the gateway names needs an Idempotency-Key', () => {
    const routes = allRoutes({} as never, {} as never);
    const required = routes.filter(({ idempotency }) => idempotency === 'required');
    expect(required.map(({ operationId }) => operationId).sort()).toEqual([
      'beginUpload',
      'openEmergency',
      'registerPractitioner',
      'registerSystem',
      'resealRecord',
      'storeRecord',
      'supersedeRecord',
    ]);
  });

  test('carries the patterns of the domain', () => {
    const text = JSON.stringify(describeApi(allRoutes({} as never, {} as never), { publicUrl: 'https://x' }));
    expect(text).toContain('^pt_[A-Za-z0-9_-]{22}$');
    expect(text).toContain('^rec_[A-Za-z0-9_-]{22}$');
  });
});

describe('the reference page', () => {
  test('asks nobody but this server for anything', async () => {
    const page = await fetch(`${door.url}/docs`);
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      expect(address).toMatch(/^\/docs\//);
      expect((await fetch(`${door.url}${address}`)).status).toBe(200);
    }
  });

  test('attack 32: no path leads out of its folder', async () => {
    for (const path of [
      '/docs/assets/../../package.json',
      '/docs/assets/%2e%2e/package.json',
      '/docs/assets/package.json',
    ])
      expect((await fetch(`${door.url}${path}`)).status).toBe(404);
  });
});
