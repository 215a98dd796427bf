import { join } from 'node:path';
import {
  AccountError,
  endLines,
  exitCodeOf,
  FolderInUseError,
  offer,
  QUESTION,
  ReportFolder,
  type Report,
  reportJson,
  reportLines,
  verify as run,
} from '../../evolink/verify';
import { RuntimeSettingsStore } from '../../client/runtime-settings';
import { DEFAULT_EVOLINK_BASE_URL } from '../../domain/constants';
import { packageVersion } from '../../lib/package-json';
import type { Arguments } from './arguments';
import { type Command, CommandError, type Io, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { explainAwsError } from './aws-errors';
import { Deployment } from './doctor/deployment';
import { DEFAULT_STACK, STACK_OPTIONS, stackOutputs } from './pipeline';
import { isKeyOfDeployment } from './verify/same-account';

export const verify: Command = {
  name: 'verify',
  summary: 'Proves what the pipeline assumes of EvoLink, with a key of yours and at most one credit.',
  details: [
    'The key is read from the environment variable EVOLINK_API_KEY, and goes to EvoLink only: it is neither printed nor',
    'written. Give the key of the deployment, or another one of the same account. The secret of the deployment is not read.',
    'It asks before it buys: two of the cheapest tasks as a rule, three at most. After a surprise it buys nothing more.',
    'On a deployment, what it finds about idempotency keys goes into the run-time settings.',
    'Exit code 1 where something did not hold. docs/verify.md',
  ].join('\n'),
  options: {
    yes: { help: 'Do not ask before spending: for scripts.' },
    free: { help: 'Only what costs nothing.' },
    'no-deployment': { help: 'With a key alone: look for no stack, and write no setting.' },
    out: { value: 'folder', help: 'For the report and the images. Default: ./evolink-verify-<time>.' },
    ...STACK_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    'evolink-images verify --out ./evolink-report',
    'evolink-images verify --no-deployment --free',
    'evolink-images verify --stack Images --yes --json',
  ],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected(), ...spendingProblems(args, io), ...noStackProblems(args)];
    const account = readAccount(io, problems);
    if (problems.length > 0) throw new UsageError(problems);

    const deployment = args.flag('no-deployment') ? undefined : await findDeployment(args, io);
    const writesSetting = deployment !== undefined && (await isKeyOfDeployment(deployment, account));
    const { host } = new URL(account.baseUrl);
    const spending = args.flag('free') ? `EvoLink     ${host}: only what costs nothing` : offer(host);
    await io.err(`${spending}\n${settingLine(deployment, writesSetting)}`);
    if (!(await maySpend(args, io))) {
      await io.err('Nothing was sent to EvoLink that costs anything.\n');
      return;
    }
    const folder = openFolder(args, io, account.apiKey);
    const report = await withInterrupt(io, (signal) =>
      run({
        ...account,
        version: packageVersion(),
        paid: !args.flag('free'),
        folder,
        sleep: io.sleep,
        now: io.now,
        signal,
        onProgress: (text) => io.terminal?.live(text),
      }).finally(() => io.terminal?.live('')),
    );
    const setting = writesSetting ? await writeSetting(deployment, report, io) : undefined;
    await show(report, folder.path, { args, io, setting });
    const exitCode = exitCodeOf(report);
    if (exitCode === 130)
      throw new CommandError('Interrupted. The report has what was found and bought.', { exitCode });
    if (exitCode !== 0) throw new CommandError('Not everything held.');
  },
};

function spendingProblems(args: Arguments, io: Io): UsageProblem[] {
  if (args.flag('free') && args.flag('yes')) return [{ where: '--yes', message: 'Is not for --free.' }];
  if (args.flag('free') || args.flag('yes') || io.terminal) return [];
  return [{ where: 'verify', message: 'Costs credits, and nobody is there to be asked: give --yes, or --free.' }];
}

function noStackProblems(args: Arguments): UsageProblem[] {
  if (!args.flag('no-deployment')) return [];
  const given = ['stack', 'region'].filter((option) => args.text(option) !== undefined);
  return given.map((option) => ({ where: `--${option}`, message: 'Is not for --no-deployment.' }));
}

interface Account {
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** Not shown: a slip of the keyboard is still most of a key. */
function readAccount({ env }: Io, problems: UsageProblem[]): Account {
  const refuse = (where: string, message: string) => problems.push({ where, message });
  const apiKey = (env.EVOLINK_API_KEY ?? '').trim();
  if (apiKey === '') refuse('EVOLINK_API_KEY', 'Set it to a key of EvoLink: EVOLINK_API_KEY=… evolink-images verify.');
  else if (!/^[\x21-\x7e]{1,512}$/.test(apiKey)) {
    refuse('EVOLINK_API_KEY', 'Must be the key alone: one line of printable characters without blanks.');
  }
  const given = env.EVOLINK_BASE_URL ?? '';
  const baseUrl = given === '' ? DEFAULT_EVOLINK_BASE_URL : given;
  if (!isBaseUrl(baseUrl)) {
    refuse('EVOLINK_BASE_URL', 'Must be an https URL without query, fragment and credentials.');
  }
  return { apiKey, baseUrl };
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  // Unencrypted to this machine only: a simulator.
  const isSafe =
    protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
  return isSafe && username + password === '';
}

async function findDeployment(args: Arguments, io: Io): Promise<Deployment> {
  const aws = await io.aws(args.text('region'));
  const stack = args.text('stack') ?? DEFAULT_STACK;
  const outputs = await stackOutputs(aws, stack, { ...STACK_OPTIONS, 'no-deployment': { help: '' } });
  if (outputs.TableName === undefined) {
    throw new CommandError(
      `The stack ${stack} has no output TableName. In a stack of your own call pipeline.putOutputs(), or give --no-deployment.`,
    );
  }
  return new Deployment(stack, outputs, aws, io);
}

function settingLine(deployment: Deployment | undefined, writesSetting: boolean): string {
  if (deployment === undefined) return '';
  const { stack } = deployment;
  const text = writesSetting
    ? `${stack}: what is found about idempotency keys is written to its settings`
    : `${stack}: its settings stay as they are, since it could not be seen that this key is of its account`;
  return `deployment  ${text}\n`;
}

async function maySpend(args: Arguments, io: Io): Promise<boolean> {
  if (args.flag('yes') || args.flag('free')) return true;
  const answer = await io.terminal?.ask(QUESTION);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}

/** Made before anything is bought: what can't be recorded should not be paid. */
function openFolder(args: Arguments, io: Io, apiKey: string): ReportFolder {
  const stamp = io.now().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const path = args.text('out') ?? join('.', `evolink-verify-${stamp}`);
  try {
    return new ReportFolder(path, apiKey);
  } catch (cause) {
    if (cause instanceof FolderInUseError) {
      throw new CommandError(`${cause.message}, which may name paid tasks. Give another --out. Nothing was bought.`, {
        cause,
      });
    }
    throw new CommandError(`No report can be written to ${path} (${(cause as Error).message}). Nothing was bought.`, {
      cause,
    });
  }
}

async function withInterrupt(io: Io, action: (signal: AbortSignal) => Promise<Report>): Promise<Report> {
  const stop = new AbortController();
  const release = io.onInterrupt(() => {
    if (!stop.signal.aborted) void io.err('\nStopping. A POST that is on its way is still answered and recorded …\n');
    stop.abort();
  });
  try {
    return await action(stop.signal);
  } catch (error) {
    if (error instanceof AccountError) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    release();
  }
}

/** @returns what was done, for the user: the money is spent, so a setting that can't be written is no reason to fail */
async function writeSetting({ table, stack }: Deployment, { idempotency }: Report, io: Io): Promise<string> {
  if (idempotency === 'unproven') return `The settings of ${stack} stay as they are: nothing was proven.`;
  try {
    const { changed } = await new RuntimeSettingsStore(table).setIdempotency(idempotency, io.now());
    return `${changed ? 'Written to' : 'So already in'} the settings of ${stack}: idempotency keys are ${idempotency}.`;
  } catch (error) {
    const reason = explainAwsError(error)?.message ?? (error as Error).name;
    return `NOT written to the settings of ${stack}: ${reason}`;
  }
}

async function show(
  report: Report,
  folder: string,
  { args, io, setting }: { readonly args: Arguments; readonly io: Io; readonly setting: string | undefined },
): Promise<void> {
  if (args.flag('json')) {
    await printJson(io, { ...reportJson(report), folder, setting: setting ?? null });
    return;
  }
  const lines = [...reportLines(report, io.paint), '', ...endLines(report, folder, io.paint)];
  await io.out(`\n${[...lines, ...(setting === undefined ? [] : [setting])].join('\n')}\n`);
}
