/**
 * Lets child processes trust our certificate. Node reads `NODE_EXTRA_CA_CERTS` at its start only, and the CDK CLI
 * wants `AWS_CA_BUNDLE` besides. A company machine may have set both for its own proxy: we never replace those, we
 * hand our children one bundle that holds theirs and ours.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Certificate, ensureCertificate } from './certificate';

const VARIABLES = ['NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE'] as const;

export interface Trust extends Certificate {
  /** PEM file with our certificate and everything that the shell trusted before. */
  readonly bundlePath: string;
}

/** Makes the certificate if needed, and the bundle. */
export async function prepareTrust(env: NodeJS.ProcessEnv = process.env, dir?: string): Promise<Trust> {
  const certificate = await ensureCertificate(dir);
  const bundlePath = path.join(path.dirname(certificate.certPath), 'bundle.pem');
  const files = [certificate.certPath, ...VARIABLES.map((name) => env[name]).filter((file) => !!file)] as string[];
  // A shell that sourced our settings names the bundle itself, and what it held before is only in there: keep it.
  const blocks = new Set(files.flatMap(readCertificates));
  writeAtomically(bundlePath, [...blocks].join('\n'));
  return { ...certificate, bundlePath };
}

/** The variables that make a child process trust the bundle. */
export function trustEnvironment(bundlePath: string): Record<(typeof VARIABLES)[number], string> {
  return { NODE_EXTRA_CA_CERTS: bundlePath, AWS_CA_BUNDLE: bundlePath };
}

/** A variable that names no file, or none that can be read, is somebody's stale setting; Node itself only warns about it. */
function readCertificates(file: string): string[] {
  if (!isReadableFile(file)) return [];
  return fs.readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function isReadableFile(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function writeAtomically(file: string, content: string): void {
  fs.writeFileSync(`${file}.${process.pid}`, `${content}\n`);
  fs.renameSync(`${file}.${process.pid}`, file);
}
