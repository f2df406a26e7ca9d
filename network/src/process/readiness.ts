// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import type { Readiness } from '../plan/process-spec.js';

/** The detail of a process that is asked and does not answer in time, as one that is frozen. */
export const NO_ANSWER = 'no answer in time';

/** What a probe found: ready, or why not. */
export interface Health {
  readonly ready: boolean;
  readonly detail: string;
}

/** Asks a process once whether it is ready; never throws. */
export async function probe(readiness: Readiness, timeoutMs: number): Promise<Health> {
  try {
    return await ask(readiness, timeoutMs);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ready: false, detail: code ?? message };
  }
}

async function ask(readiness: Readiness, timeoutMs: number): Promise<Health> {
  switch (readiness.kind) {
    case 'https':
      return answer(
        httpsRequest(readiness.url, { ...(await tlsOptions(readiness)), agent: false, timeout: timeoutMs }),
        timeoutMs,
      );
    case 'http': {
      const credentials = (await readFile(readiness.credentialsFile, 'utf8')).trim();
      return answer(httpRequest(readiness.url, { auth: credentials, agent: false }), timeoutMs);
    }
    case 'socket': {
      const { socketPath, method, path } = readiness;
      return answer(httpRequest({ socketPath, method, path, agent: false }), timeoutMs);
    }
    case 'tls':
      return handshake(readiness.host, readiness.port, await tlsOptions(readiness), timeoutMs);
    case 'all': {
      const answers = await Promise.all(readiness.of.map((each) => ask(each, timeoutMs)));
      return answers.find(({ ready }) => !ready) ?? { ready: true, detail: '' };
    }
  }
}

interface TlsOptions {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

async function tlsOptions(files: {
  readonly rootFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}): Promise<TlsOptions> {
  const ca = await readFile(files.rootFile);
  if (files.certFile === undefined || files.keyFile === undefined) return { ca };
  return { ca, cert: await readFile(files.certFile), key: await readFile(files.keyFile) };
}

function answer(request: ClientRequest, timeoutMs: number): Promise<Health> {
  return new Promise((resolve, reject) => {
    // A frozen process accepts connections and never answers: the limit is on the whole exchange.
    const timer = setTimeout(() => request.destroy(new Error(NO_ANSWER)), timeoutMs);
    request.on('response', (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ ready: status === 200, detail: `status ${status}` });
      });
    });
    request.on('error', (error: Error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}

function handshake(host: string, port: number, options: TlsOptions, timeoutMs: number): Promise<Health> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...options, ALPNProtocols: ['h2'] });
    const timer = setTimeout(() => socket.destroy(new Error(NO_ANSWER)), timeoutMs);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      // An orderly end, so that the server does not log a broken handshake.
      socket.end();
      resolve({ ready: true, detail: 'TLS handshake completed' });
    });
    socket.once('error', (error: Error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
