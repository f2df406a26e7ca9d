// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GroundError } from '../errors.js';
import { cacheDir, familyDir, hasAllTools, isExecutable } from './cache.js';
import { parseVersion, toolFamilies, type ToolFamily, type Version } from './catalogue.js';
import { compileFamily, type Progress } from './compile.js';

/** Where a family's programs were found. */
export type ToolOrigin = 'folder' | 'path' | 'cache';

/** One family, found. */
export interface ResolvedFamily {
  readonly id: ToolFamily['id'];
  readonly dir: string;
  readonly version: Version;
  readonly origin: ToolOrigin;
}

/** Absolute paths of all programs, by program name, and where each family came from. */
export interface Binaries {
  readonly paths: Readonly<Record<string, string>>;
  readonly families: readonly ResolvedFamily[];
}

export interface ResolveOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: Progress;
  /** Without compilation a family that is nowhere is an error. */
  readonly compile?: boolean;
}

const probeTimeoutMs = 10_000;

/**
 * Finds every program: in the folder TUTELA_BIN, on PATH, in the user's cache, or by compiling it.
 * @throws GroundError TOOLS_MISSING, TOOLS_INCOMPATIBLE or TOOLS_BUILD_FAILED.
 */
export async function resolveBinaries(options: ResolveOptions = {}): Promise<Binaries> {
  const families: ResolvedFamily[] = [];
  // One after another: two compilers at once would fight over the same cores and memory.
  for (const family of toolFamilies) families.push(await resolveFamily(family, options));
  const paths: Record<string, string> = {};
  for (const [index, family] of toolFamilies.entries()) {
    const dir = families[index]?.dir ?? '';
    for (const tool of family.tools) paths[tool] = join(dir, tool);
  }
  return { paths, families };
}

/** Returns the absolute path of one program. */
export function binary(binaries: Binaries, tool: string): string {
  const path = binaries.paths[tool];
  if (path === undefined)
    throw new GroundError('TOOLS_MISSING', `There is no program "${tool}" among the tools.`);
  return path;
}

async function resolveFamily(family: ToolFamily, options: ResolveOptions): Promise<ResolvedFamily> {
  const env = options.env ?? process.env;
  const named = env['TUTELA_BIN'];
  const fromFolder = named === undefined ? undefined : await fromNamedFolder(family, named);
  return fromFolder ?? (await fromPath(family, env)) ?? fromCache(family, env, options);
}

async function fromNamedFolder(family: ToolFamily, dir: string): Promise<ResolvedFamily | undefined> {
  if (!(await hasAllTools(family, dir))) return undefined;
  const version = await probeVersion(family, dir);
  if (version !== undefined && family.accepts(version))
    return { id: family.id, dir, version, origin: 'folder' };
  throw new GroundError(
    'TOOLS_INCOMPATIBLE',
    `${family.title} in ${dir} is not a version that can be used.`,
    {
      advice: `Put ${family.title} ${family.wanted} there, or unset TUTELA_BIN.`,
    },
  );
}

async function fromPath(family: ToolFamily, env: NodeJS.ProcessEnv): Promise<ResolvedFamily | undefined> {
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    if (dir === '' || !(await isExecutable(join(dir, family.probe.tool)))) continue;
    if (!(await hasAllTools(family, dir))) continue;
    const version = await probeVersion(family, dir);
    if (version !== undefined && family.accepts(version))
      return { id: family.id, dir, version, origin: 'path' };
  }
  return undefined;
}

async function fromCache(
  family: ToolFamily,
  env: NodeJS.ProcessEnv,
  options: ResolveOptions,
): Promise<ResolvedFamily> {
  const dir = await familyDir(family, cacheDir(env));
  if (!(await hasAllTools(family, dir))) {
    if (options.compile === false) throw notThere(family);
    await compileFamily(family, dir, env, options.onProgress ?? (() => undefined));
  }
  const version = parseVersion(family.version);
  if (version === undefined) throw notThere(family);
  return { id: family.id, dir, version, origin: 'cache' };
}

function notThere(family: ToolFamily): GroundError {
  return new GroundError('TOOLS_MISSING', `${family.title} ${family.wanted} is not on this machine yet.`, {
    advice: 'Run `tutela tools` (or any command that starts the consortium) to compile it.',
  });
}

async function probeVersion(family: ToolFamily, dir: string): Promise<Version | undefined> {
  const run = promisify(execFile);
  const output = await run(join(dir, family.probe.tool), [...family.probe.args], {
    timeout: probeTimeoutMs,
    cwd: dirname(dir),
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
  }).catch(() => undefined);
  return output === undefined ? undefined : parseVersion(`${output.stdout}\n${output.stderr}`);
}
