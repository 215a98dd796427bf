import { RuntimeSettingsStore } from '../../client/runtime-settings';
import { type Command, JSON_OPTION, printJson, UsageError } from './command';
import { findPipeline, PIPELINE_OPTIONS, pipelineProblems } from './pipeline';
import { printable } from './table';

export const resume: Command = {
  name: 'resume',
  summary: 'Ends the emergency stop: new jobs are sent again.',
  details: 'Jobs that failed meanwhile are not started again. Repeating it changes nothing.',
  options: { ...PIPELINE_OPTIONS, ...JSON_OPTION },
  examples: ['evolink-images resume', 'evolink-images resume --stack ImagesOfTeamA'],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected(), ...pipelineProblems(args)];
    if (problems.length > 0) throw new UsageError(problems);

    const { table } = await findPipeline(args, io);
    const { changed, paused } = await new RuntimeSettingsStore(table).resume();
    if (args.flag('json')) return printJson(io, { paused: false, changed, ...(paused && { ended: paused }) });
    const because = paused?.reason === undefined ? '' : ` (${printable(paused.reason)})`;
    await io.out(
      changed
        ? `Resumed. It was paused since ${paused?.since}${because}. New jobs are sent again.\n`
        : 'It was not paused. Nothing was changed.\n',
    );
  },
};
