import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AssetCode } from 'aws-cdk-lib/aws-lambda';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { packageRoot } from './package-json';

/** The built bundle of a function: found beside package.json, from our sources as from the installed package. */
export function functionCode(name: string): AssetCode {
  const directory = join(packageRoot(), 'assets', name);
  if (!existsSync(join(directory, 'index.js'))) {
    throw new Error(`The bundle of the ${name} function is missing (${directory}). Run \`npm run build\` first.`);
  }
  return Code.fromAsset(directory, { exclude: ['*.map'] });
}
