import { codePoints } from '../../domain/tokens';
import { RuntimeSettingsStore } from '../../client/runtime-settings';
import { type Command, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { findPipeline, PIPELINE_OPTIONS, pipelineProblems } from './pipeline';
import { printable } from './table';

/** It goes into the cause of every job that is refused meanwhile. */
const MAX_REASON = 200;

export const pause: Command = {
  name: 'pause',
  summary: 'Emergency stop: new jobs fail as PipelinePaused, running ones finish.',
  details: 'Every claim reads the stop, so it holds at once. Repeating it changes nothing.',
  options: {
    reason: { value: 'text', help: `Told to everybody whose job is refused; up to ${MAX_REASON} characters.` },
    ...PIPELINE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: ['evolink-images pause --reason "Prompt loop in the shop, ask on-call"', 'evolink-images pause --json'],
  async run(args, io) {
    const reason = args.text('reason');
    const problems = [...args.problems, ...args.unexpected(), ...pipelineProblems(args), ...reasonProblems(reason)];
    if (problems.length > 0) throw new UsageError(problems);

    const { table } = await findPipeline(args, io);
    const { changed, paused } = await new RuntimeSettingsStore(table).pause(io.now(), reason);
    if (args.flag('json')) return printJson(io, { paused: true, changed, ...paused });
    const because = paused.reason === undefined ? '' : ` (${printable(paused.reason)})`;
    await io.out(
      changed
        ? `Paused${because}. New jobs fail as PipelinePaused from now on; running ones finish.\n` +
            'To go on: evolink-images resume\n'
        : `It was paused already, since ${paused.since}${because}. Nothing was changed.\n`,
    );
  },
};

function reasonProblems(reason: string | undefined): UsageProblem[] {
  if (reason === undefined) return [];
  const refuse = (message: string): UsageProblem[] => [{ where: '--reason', message }];
  if (reason.trim() === '') return refuse('Must not be empty.');
  if (codePoints(reason) > MAX_REASON) return refuse(`May have at most ${MAX_REASON} characters.`);
  return reason === printable(reason) ? [] : refuse('Must be one line, without control characters.');
}
