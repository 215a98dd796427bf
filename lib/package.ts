import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AssetCode } from 'aws-cdk-lib/aws-lambda';
import { Code } from 'aws-cdk-lib/aws-lambda';

const PACKAGE_NAME = 'evolink-image-pipeline';

/** Our version, from package.json. */
export function packageVersion(): string {
  return readPackage(packageRoot())?.version ?? '0.0.0';
}

/** The built bundle of a function: found beside package.json, from our sources as from the installed package. */
export function functionCode(name: string): AssetCode {
  const directory = join(packageRoot(), 'assets', name);
  if (!existsSync(join(directory, 'index.js'))) {
    throw new Error(`The bundle of the ${name} function is missing (${directory}). Run \`npm run build\` first.`);
  }
  return Code.fromAsset(directory, { exclude: ['*.map'] });
}

function packageRoot(): string {
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
