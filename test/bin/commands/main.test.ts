import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { COMMANDS } from '../../../bin/commands';
import { explainAwsError } from '../../../bin/commands/aws-errors';
import { defaultStack } from '../../../bin/commands/pipeline';
import { FakeDeadLetters } from '../../support/fake-dead-letters';
import { FakeDeployment } from '../../support/fake-deployment';
import { FakeJobs, MACHINE, outputOf } from '../../support/fake-jobs';
import { FakeS3 } from '../../support/fake-s3';
import { pngOf } from '../../support/png';
import { MemoryTable } from '../../support/memory-table';
import { awsError, cli, NOW } from './cli';

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string };

  expect(await cli('--version')).toMatchObject({ exitCode: 0, out: `${version}\n`, err: '' });
});

describe('help', () => {
  test.each(['--help', '-h', 'help'])('%s lists every command', async (line) => {
    const { exitCode, out, err } = await cli(line);

    expect(exitCode).toBe(0);
    expect(err).toBe('');
    for (const { name, summary } of COMMANDS)
      expect(out).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'));
  });

  test('is told on stderr, as wrong use, where no command is given', async () => {
    const { exitCode, out, err } = await cli('');

    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('Commands:');
  });

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    '%s --help names every option and shows examples, and does nothing',
    async (name, { options, examples }) => {
      for (const line of [`${name} --help`, `help ${name}`, `${name} --nonsense -h`]) {
        const { exitCode, out, regions } = await cli(line);

        expect(exitCode).toBe(0);
        expect(regions).toEqual([]);
        for (const option of [...Object.keys(options), 'help']) expect(out).toContain(`  --${option}`);
        for (const example of examples) expect(out).toContain(example);
      }
    },
  );

  test('examples are commands that can be read', async () => {
    const deadLetters = new FakeDeadLetters([]);
    for (const example of COMMANDS.flatMap(({ examples }) => examples)) {
      const line = example
        .replace(/ > .*$/, '')
        .replace('--prompt-file prompt.txt', '')
        .replace('./photo.png', photo)
        // Its job has tests of its own; here it is only asked for.
        .replace('--smoke --yes', '--smoke')
        .replace(/(verify.*) (--free|--yes)/, '$1');
      const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      const [program, ...rest] = argv;
      const table = new MemoryTable();
      const deployment = new FakeDeployment(table.tableName, NOW);
      const outputs = { ...deployment.outputs, Budgets: BUDGETS, DeadLetterQueueUrl: deadLetters.queueUrl };
      const jobs = new FakeJobs((jobId) => ({ output: outputOf(jobId) }));
      if (rest[0] !== 'generate') await jobs.client.send(blueBicycle);
      const terminal = { live: () => undefined, ask: async () => 'n' };

      expect(program).toBe('evolink-images');
      const told = rest.includes('--smoke') ? 'No job was run.\n' : '';
      expect({
        example,
        ...(await cli(rest.concat(tableOf(rest)), {
          table,
          outputs,
          jobs,
          s3: new FakeS3(),
          deadLetters,
          deployment,
          terminal,
          // Nobody listens there, and nothing is bought: the question is answered with no.
          env: { EVOLINK_API_KEY: 'sk-example', EVOLINK_BASE_URL: 'http://127.0.0.1:9' },
        })),
      }).toMatchObject({
        exitCode: 0,
        err: expect.stringMatching(TOLD[rest[0] ?? ''] ?? new RegExp(`^${told}$`)),
      });
    }
  }, 30_000);
});

/** What commands tell beside their results, where it is more than nothing. */
const TOLD: Readonly<Record<string, RegExp>> = {
  generate: /^Job [\w-]+\n$/,
  verify: /^EvoLink .*Nothing was sent to EvoLink that costs anything\.\n$/s,
};

const folder = mkdtempSync(join(tmpdir(), 'evolink-images-'));
const photo = join(folder, 'photo.png');
beforeAll(() => writeFileSync(photo, pngOf(16, 16)));
afterAll(() => rmSync(folder, { recursive: true }));
const blueBicycle = new StartExecutionCommand({ stateMachineArn: MACHINE, name: 'blue-bicycle', input: '{}' });

const BUDGETS = JSON.stringify([
  { id: 'all-day', scope: 'all', period: 'day', limit: 500_000, timeZone: 'UTC' },
  { id: 'each-month', scope: 'each', period: 'month', limit: 500_000, timeZone: 'UTC' },
]);

/** The table of an example is not the one in memory. */
function tableOf(argv: string[]): string[] {
  const at = argv.indexOf('--table');
  if (at >= 0) argv.splice(at + 1, 1, 'attempts');
  return [];
}

describe('wrong use', () => {
  test('an unknown command: exit code 2, with the known ones', async () => {
    const { exitCode, out, err } = await cli('estimates');

    expect(exitCode).toBe(2);
    expect(out).toBe('');
    for (const { name } of COMMANDS) expect(err).toContain(name);
  });

  test('every problem of the options is listed', async () => {
    const line = 'pause now --nope x --also=1 --json=yes --table --reason a --reason b -q';
    const { exitCode, err, regions } = await cli(line);

    expect(exitCode).toBe(2);
    expect(regions).toEqual([]);
    expect(err.split('\n')).toEqual([
      'evolink-images pause: 7 problems',
      '  --nope    There is no such option.',
      '  --also    There is no such option.',
      '  --json    Takes no value.',
      '  --table   Needs a value: --table <name>.',
      '  --reason  Given more than once.',
      '  -q        There is no such option.',
      '  now       Unexpected argument.',
      'See: evolink-images pause --help',
      '',
    ]);
  });

  test.each([
    ['constructor', 2],
    ['budget constructor', 2],
    ['pause --constructor x', 2],
  ])('%s is nothing that is inherited', async (line, expected) => {
    expect((await cli(line)).exitCode).toBe(expected);
  });

  test('control characters of an argument do not reach the terminal', async () => {
    const { err } = await cli(['\u001b[31mred']);

    expect(err).not.toContain('\u001b');
  });
});

test.each([
  ['status a.b', '<job>'],
  ['save a.b', '<job>'],
  ['cancel a.b', '<job>'],
  ['generate bicycle --job a.b', '--job'],
])('an id that no job can have is wrong use: %s', async (line, where) => {
  const { exitCode, out, err, regions } = await cli(line);

  expect({ exitCode, out, regions }).toEqual({ exitCode: 2, out: '', regions: [] });
  expect(err).toContain(`  ${where}  Must be 1 to 80 of A-Z a-z 0-9 _ -.\n`);
});

describe('where AWS fails: exit code 1, and what to do', () => {
  const missing = awsError('ValidationError', 'Stack with id EvolinkImagePipeline does not exist');

  test.each([
    ['no stack', missing, /no stack EvolinkImagePipeline in eu-central-1.*--stack/],
    ['no credentials', awsError('CredentialsProviderError', 'Could not load'), /no AWS credentials.*AWS_PROFILE/],
    ['no region', new Error('Region is missing'), /no AWS region.*--region/],
    ['expired credentials', awsError('ExpiredToken', 'expired'), /refuses these credentials \(ExpiredToken\)/],
    [
      'no rights',
      awsError('AccessDenied', 'not authorized to perform: x'),
      /lack a right.*not authorized to perform: x/,
    ],
    ['no network', awsError('Error', 'connect ECONNREFUSED 127.0.0.1:9'), /can't be reached/],
    ['too slow', awsError('TimeoutError', ''), /can't be reached: TimeoutError/],
    ['throttled', awsError('ThrottlingException', 'Rate exceeded'), /too many requests/],
    ['something else', awsError('ValidationError', 'invalid name'), /ValidationError: invalid name/],
  ])('%s', async (_, failure, expected) => {
    const { exitCode, out, err } = await cli('resume', { failure });

    expect(exitCode).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(expected);
    expect(err).not.toContain('    at ');
  });

  test('a stack that is no pipeline', async () => {
    const { exitCode, err } = await cli('resume', { outputs: { Other: 'x' } });

    expect(exitCode).toBe(1);
    expect(err).toMatch(/no output TableName.*--table/);
  });

  test('a table that is not there', async () => {
    const { exitCode, err } = await cli('resume --table another');

    expect(exitCode).toBe(1);
    expect(err).toMatch(/table does not exist.*--region/);
  });

  test.each([
    ['resume', '--stack, --table or --region'],
    ['ledger --from 2026-11-01 --to 2026-11-30', '--stack, --table or --region'],
    ['generate bicycle', '--stack, --state-machine or --region'],
    ['status blue-bicycle', '--stack, --state-machine or --region'],
    ['save blue-bicycle', '--stack, --state-machine or --region'],
    ['cancel blue-bicycle', '--stack, --state-machine or --region'],
    ['jobs', '--stack, --state-machine or --region'],
    ['doctor', '--stack or --region'],
    ['redrive', '--stack or --region'],
  ])('%s without a stack advises options that it has', async (line, options) => {
    const { exitCode, err } = await cli(line, { failure: missing });

    expect(exitCode).toBe(1);
    expect(err).toContain(`There is no stack EvolinkImagePipeline in eu-central-1. Give ${options}.\n`);
    for (const option of err.match(/--[a-z-]+/g) ?? []) {
      expect(Object.keys(COMMANDS.find(({ name }) => name === line.split(' ')[0])?.options ?? {})).toContain(
        option.slice(2),
      );
    }
  });

  test.each([
    ['Function not found: arn:aws:lambda:eu-central-1:1:function:Ended', /^The function does not exist.*:Ended$/],
    ['Requested resource not found: Table: attempts not found', /^The table does not exist.*--table/],
    ['Cannot do operations on a non-existent table', /^The table does not exist.*--table/],
    ['No policy found', /^Something that is needed does not exist.*No policy found$/],
  ])('what is missing is named: %s', (message, expected) => {
    expect(explainAwsError(awsError('ResourceNotFoundException', message))?.message).toMatch(expected);
  });
});

describe('the pipeline', () => {
  test('is found by the name of its stack, EvolinkImagePipeline unless said otherwise', async () => {
    expect(await cli('resume')).toMatchObject({ exitCode: 0, stacks: ['EvolinkImagePipeline'], regions: [undefined] });
    expect(await cli('resume --stack Other --region eu-west-1')).toMatchObject({
      exitCode: 0,
      stacks: ['Other'],
      regions: ['eu-west-1'],
    });
  });

  test.each([
    [{}, 'EvolinkImagePipeline'],
    [{ EVOLINK_IMAGES_STACK: '' }, 'EvolinkImagePipeline'],
    [{ EVOLINK_IMAGES_STACK: 'Images' }, 'Images'],
  ])('the environment may name another stack: %p', (env, expected) => {
    expect(defaultStack(env)).toBe(expected);
  });

  test('or by its table, without asking for a stack', async () => {
    expect(await cli('resume --table attempts')).toMatchObject({ exitCode: 0, stacks: [] });
  });

  test('but not by both', async () => {
    expect(await cli('resume --table attempts --stack Other')).toMatchObject({ exitCode: 2, stacks: [] });
  });
});

test('colours are left out unless the terminal takes them', async () => {
  expect((await cli('estimate')).out).not.toContain('\u001b');
  expect((await cli('estimate', { colour: true })).out).toContain('\u001b[1m');
});
