/** Our own package.json: found above this file, from our sources as from the installed package. Needs no CDK. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PACKAGE_NAME = 'evolink-image-pipeline';

/** Our version. */
export function packageVersion(): string {
  return readPackage(packageRoot())?.version ?? '0.0.0';
}

/** The folder of our package.json. */
export function packageRoot(): string {
  for (let directory = __dirname; ; directory = dirname(directory)) {
    if (readPackage(directory)?.name === PACKAGE_NAME) return directory;
    if (directory === dirname(directory)) throw new Error(`No package.json of ${PACKAGE_NAME} above ${__dirname}`);
  }
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
}

function readPackage(directory: string): PackageJson | undefined {
  const path = join(directory, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as PackageJson) : undefined;
}
