/** `npm start -- --live --verify`: what the pipeline assumes of EvoLink, against the real one. No cloud is needed for it. */
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import {
  AccountError,
  endLines,
  exitCodeOf,
  offer,
  QUESTION,
  ReportFolder,
  reportLines,
  verify,
} from '../../evolink/verify';
import { beforeLeaving } from '../before-leaving';
import type { EvolinkAccount } from '../deployed-pipeline';
import { OUT_DIR } from '../paths';
import { packageVersion } from './account';
import { ask } from './ask';
import { isYes } from './consent';

/** Returns the exit code. @param yes agreed beforehand */
export async function verifyLive(account: EvolinkAccount, yes: boolean): Promise<number> {
  console.log(offer(new URL(account.baseUrl).host));
  if (!yes && !isYes(await ask(QUESTION))) {
    console.log('Nothing was sent to EvoLink.');
    return 0;
  }
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const folder = new ReportFolder(path.join(OUT_DIR, `verify-${stamp}`), account.apiKey);
  const stop = new AbortController();
  const run = verify({
    ...account,
    version: packageVersion(),
    paid: true,
    folder,
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    now: () => new Date(),
    signal: stop.signal,
    onProgress: progress,
  }).finally(() => progress(''));
  // At Ctrl-C a POST that is on its way is still answered: its task is paid.
  const forget = beforeLeaving(async () => {
    stop.abort();
    await run;
    console.error(`What was found and bought: ${folder.path}/report.md`);
  });
  try {
    const report = await run;
    console.log(`\n${[...reportLines(report, pc), '', ...endLines(report, folder.path, pc)].join('\n')}`);
    return exitCodeOf(report);
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    console.error(pc.red(error.message));
    return 1;
  } finally {
    forget();
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
}
