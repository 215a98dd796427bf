import type { Arguments } from './arguments';
import { type Command, CommandError, type Io, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { makeChecks, type Result } from './doctor/check';
import { checksOf } from './doctor/checks';
import { Deployment } from './doctor/deployment';
import { bill, smoke, smokeEstimate, type SmokeResult } from './doctor/smoke';
import { complaint, resultJson, resultLines } from './doctor/view';
import { DEFAULT_STACK, STACK_OPTIONS, stackOutputs } from './pipeline';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says whether the deployed pipeline is healthy, and what to do if it is not.',
  details: [
    'Changes nothing: it asks AWS, has the reconcile function ask EvoLink, and calls the callback endpoint as a stranger.',
    '✓ healthy, ! worth a look, ✗ a problem, ? could not be checked. Exit code 1 with a ✗ or a ?, otherwise 0.',
    '--smoke besides runs one job, the cheapest there is, and sees whether all that belongs to it comes true. It asks',
    'before it spends. What rights each check needs: docs/doctor.md.',
  ].join('\n'),
  options: {
    smoke: { help: 'Run one real job. It costs credits.' },
    yes: { help: 'Do not ask before spending: for scripts, with --smoke.' },
    ...STACK_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    'evolink-images doctor',
    'evolink-images doctor --stack ImagesOfTeamA --json',
    'evolink-images doctor --smoke',
    'evolink-images doctor --smoke --yes --json',
  ],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected(), ...smokeProblems(args, io)];
    if (problems.length > 0) throw new UsageError(problems);

    const deployment = await findDeployment(args, io);
    const json = args.flag('json');
    const results = await makeChecks(checksOf(deployment), io);
    if (!json) await show(`${deployment.stack} in ${await deployment.aws.region()}`, results, io);
    const wanted = args.flag('smoke') && (args.flag('yes') || (await maySpend(io)));
    const proof = wanted ? await smoke(deployment) : undefined;
    if (proof && !json) await show(`Job ${proof.jobId}`, proof.results, io, bill(proof));

    const all = [...results, ...(proof?.results ?? [])];
    const wrong = complaint(all);
    if (json) await printJson(io, asJson(deployment, results, proof, wrong === undefined));
    if (wrong !== undefined) throw new CommandError(wrong);
    if (!json) await io.out('Healthy.\n');
  },
};

function smokeProblems(args: Arguments, io: Io): UsageProblem[] {
  if (!args.flag('smoke')) return args.flag('yes') ? [{ where: '--yes', message: 'Is for --smoke.' }] : [];
  if (args.flag('yes') || io.terminal) return [];
  return [{ where: '--smoke', message: 'Costs credits, and nobody is there to be asked: give --yes.' }];
}

/** @throws CommandError when there is no such stack, or it is no pipeline's */
async function findDeployment(args: Arguments, io: Io): Promise<Deployment> {
  const aws = await io.aws(args.text('region'));
  const stack = args.text('stack') ?? DEFAULT_STACK;
  const outputs = await stackOutputs(aws, stack, STACK_OPTIONS);
  if (outputs.TableName === undefined) {
    throw new CommandError(
      `The stack ${stack} has no output TableName. In a stack of your own call pipeline.putOutputs().`,
    );
  }
  return new Deployment(stack, outputs, aws, io);
}

async function maySpend(io: Io): Promise<boolean> {
  const { credits, usd } = smokeEstimate();
  const question = `Run one job for about ${credits.likely} credits, at most ${credits.upper} (${usd.upper} USD)? [y/N] `;
  const answer = await io.terminal?.ask(question);
  const agreed = /^y(es)?$/i.test(answer?.trim() ?? '');
  if (!agreed) await io.err('No job was run.\n');
  return agreed;
}

async function show(title: string, results: readonly Result[], io: Io, end?: string): Promise<void> {
  const lines = [io.paint.bold(title), '', ...resultLines(results, io.paint), ...(end === undefined ? [] : ['', end])];
  await io.out(`${lines.join('\n')}\n\n`);
}

function asJson(
  { stack }: Deployment,
  results: readonly Result[],
  proof: SmokeResult | undefined,
  healthy: boolean,
): Record<string, unknown> {
  return {
    stack,
    healthy,
    checks: results.map(resultJson),
    ...(proof && {
      smoke: { job_id: proof.jobId, credits_used: proof.used ?? null, checks: proof.results.map(resultJson) },
    }),
  };
}
