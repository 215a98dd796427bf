#!/usr/bin/env node
/** Runs the command line: from its sources in a clone, as the one file that it was bundled into elsewhere. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const inClone = existsSync(new URL('evolink-images.ts', import.meta.url));
if (inClone) require('tsx/cjs/api').register();
const { runProcess } = require(inClone ? './evolink-images.ts' : '../dist/bin/evolink-images.js');

await runProcess();
