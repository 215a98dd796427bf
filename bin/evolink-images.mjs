#!/usr/bin/env node
/** Runs the command line from its sources, so that `npx evolink-images` works in a clone. */
import { createRequire } from 'node:module';
import { register } from 'tsx/cjs/api';

register();
const require = createRequire(import.meta.url);
const { main } = require('./evolink-images.ts');
const { processIo } = require('./commands/process-io.ts');

// Not process.exit: what was written may still be on its way.
process.exitCode = await main(process.argv.slice(2), processIo());
