// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Router } from 'express';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Tutela gateway: reference</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', validatorUrl: null, deepLinking: true });\n`;
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** The reference page, with everything it needs from this very server. */
export function docsPage(): Router {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const router = Router();
  router.get('/docs', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('js').send(START);
  });
  for (const asset of ASSETS)
    router.get(`/docs/assets/${asset}`, (_request, response) => {
      response.sendFile(asset, { root: folder });
    });
  return router;
}

/** Serves the document itself; it is put together when first asked for, so that a gateway's start does not wait for it. */
export function documentPage(describe: () => object): Router {
  let json: string | undefined;
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    json ??= JSON.stringify(describe());
    response.type('application/json').send(json);
  });
  return router;
}
