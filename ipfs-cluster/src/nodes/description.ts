// SPDX-License-Identifier: Apache-2.0
import type { Json } from './json.js';

/** The programs that the storage part of a hospital runs, by the names of their binaries. */
export type StorageProgram = 'ipfs' | 'ipfs-cluster-service';

/** One run of a program: every argument is its own element, and `env` is all that it needs from the environment. */
export interface Invocation {
  readonly program: StorageProgram;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A folder to make, with its parents, before anything else. */
export interface FolderToMake {
  readonly path: string;
  readonly mode: 0o700;
}

/** A file to write after initialisation and before every start. */
export interface FileToWrite {
  readonly path: string;
  readonly mode: 0o600;
  readonly text: string;
}

/** A change of a JSON file that exists after initialisation; `edit` is pure and idempotent. */
export interface JsonEdit {
  readonly path: string;
  readonly mode: 0o600;
  readonly edit: (config: Json) => Json;
}

/** The one-time initialisation: done when `creates` exists; a half-made `folder` is removed before it runs again. */
export interface Initialisation {
  readonly run: Invocation;
  readonly folder: string;
  readonly creates: string;
}

/** Where a process answers HTTP: on a Unix socket, or on a loopback port behind basic authentication. */
export type HttpTarget =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** What a probe received. */
export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
}

/** One HTTP question and the condition under which its answer means yes. */
export interface Probe {
  readonly target: HttpTarget;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly satisfied: (answer: ProbeAnswer) => boolean;
}

/** How a process is asked to end, and after how long it is killed. */
export interface Stopping {
  readonly signal: 'SIGTERM';
  readonly graceMs: number;
}

/** What can be said of a process before any identity in the consortium is known. */
export interface NodeDescription<Peer, Secrets> {
  readonly kind: 'kubo' | 'ipfs-cluster';
  readonly hospital: string;
  readonly folders: readonly FolderToMake[];
  readonly init: Initialisation;
  /** The file that names this node after initialisation, and the reader of its peer id (throws on another shape). */
  readonly identity: { readonly path: string; readonly peerId: (config: Json) => string };
  /** Completes the description once the identities of all hospitals' nodes (this one included) are known. */
  readonly configure: (peers: readonly Peer[], secrets: Secrets) => ConfiguredNode;
}

/** All that is needed to start a process and to know that it works. */
export interface ConfiguredNode {
  readonly files: readonly FileToWrite[];
  readonly edits: readonly JsonEdit[];
  /** Sockets that a killed process leaves behind and over which it does not start again: remove them before every start. */
  readonly staleSockets: readonly string[];
  readonly start: Invocation;
  /** The process itself answers. */
  readonly alive: readonly Probe[];
  /** It is also joined to every other hospital's node. */
  readonly joined: readonly Probe[];
  readonly stop: Stopping;
}
