/** The set-up is plain ES modules, which jest cannot load: each test runs a few lines of its own in a new process. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPTS = path.resolve(__dirname, '../../scripts');

export function url(script: string): string {
  return JSON.stringify(pathToFileURL(path.join(SCRIPTS, script)).href);
}

/** @param code - body of a module; `url()` names what it imports */
export function startScript(code: string, env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', code], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs to its end. Resolves with what it printed; fails with what it complained about. */
export async function runScript(code: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const child = startScript(code, env);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => (out += chunk));
  child.stderr?.on('data', (chunk) => (err += chunk));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  if (exitCode !== 0) throw new Error(err);
  return out.trim();
}
