import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureCause } from '../../../domain/failure-cause';
import { type Ending, FakeJobs, MACHINE, named, outputOf } from '../../support/fake-jobs';
import { FakeS3 } from '../../support/fake-s3';
import { pngOf } from '../../support/png';
import { cli, type CliOptions } from './cli';

const png = pngOf(16, 16);
const image = {
  bucket: 'archive',
  key: 'default/2026/11/23/spring/image-01.png',
  sha256: createHash('sha256').update(png).digest('hex'),
  bytes: png.length,
  content_type: 'image/png',
  width: 16,
  height: 16,
};
const outputs = { StateMachineArn: MACHINE, BucketName: 'archive' };

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'evolink-images-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function world(ending?: Ending) {
  const jobs = new FakeJobs(() => ending);
  const s3 = new FakeS3();
  s3.objects.push({ bucket: image.bucket, key: image.key, body: png });
  return { jobs, s3, outputs };
}

const done = { output: outputOf('spring', [image]) };

describe('generate', () => {
  const line = (...more: string[]) => ['generate', 'a red bicycle', '--job', 'spring', '--out', folder, ...more];

  test('shows an image without pixels as such, and the warning that says why', async () => {
    const unreadable = { ...image, width: undefined, height: undefined };
    const output = outputOf('spring', [image, { ...unreadable, key: image.key.replace('01', '02') }]);
    const warnings = [{ code: 'pixels_unreadable', path: 'images[1]', message: 'They can not be read.' }];
    const options = world({ output: { ...output, warnings } });
    options.s3.objects.push({ bucket: image.bucket, key: image.key.replace('01', '02'), body: png });

    const { out } = await cli(line(), options);

    const rows = out.split('\n').filter((row) => row.includes('image-0'));
    expect(rows.map((row) => row.split(/\s+/)[1])).toEqual(['16×16', '-']);
    expect(out).toContain('Note on images[1]: They can not be read.');
    expect(out).not.toContain('undefined');
  });

  test('sends what was asked for, saves the images and shows what they cost', async () => {
    const options = world(done);
    const { exitCode, out } = await cli(
      line('--size', '16:9', '--quality', 'low', '--n', '2', '--max-credits', '3.5'),
      options,
    );

    expect(exitCode).toBe(0);
    expect(JSON.parse(options.jobs.executions.get('spring')?.input ?? '')).toEqual({
      prompt: 'a red bicycle',
      size: '16:9',
      quality: 'low',
      n: 2,
      max_credits: '3.5',
    });
    const file = join(folder, 'spring', 'image-01.png');
    expect(readFileSync(file)).toEqual(png);
    expect(out).toContain(file);
    expect(out).toContain('0.4154 credits, 0.006109 USD');
  });

  test('uploads files and passes addresses on, in their order', async () => {
    const options = world(done);
    const photo = join(folder, 'photo.jpg');
    writeFileSync(photo, png);
    const url = 'https://example.com/a.png';

    await cli(line('--image', url, '--image', photo, '--json'), options);

    const { image_urls } = JSON.parse(options.jobs.executions.get('spring')?.input ?? '') as { image_urls: string[] };
    expect(image_urls).toEqual([url, `s3://archive/references/${image.sha256}.png`]);
  });

  test('a folder that cannot be made: nothing is started', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const options = world(done);
    const { exitCode, err } = await cli(['generate', 'a red bicycle', '--job', 'spring', '--out', file], options);

    expect(exitCode).toBe(1);
    expect(err).toMatch(/Images can't be saved in .*a-file \(.*\)\. Nothing was done\./);
    expect(options.jobs.calls).toEqual([]);
  });

  test('an image that cannot be saved: the job is named, and how to save it without paying', async () => {
    const options = world(done);
    mkdirSync(join(folder, 'spring', 'image-01.png'), { recursive: true });
    const { exitCode, err } = await cli(line(), options);

    expect(exitCode).toBe(1);
    expect(err).toMatch(/Job spring succeeded, but: .* Once that is mended: evolink-images save spring\n/);
  });

  test('a reference that is none: nothing is started', async () => {
    const options = world(done);
    const { exitCode, err } = await cli(line('--image', join(folder, 'missing.png')), options);

    expect(exitCode).toBe(1);
    expect(err).toMatch(/The picture .*missing\.png can't be read \(ENOENT\)\./);
    expect(options.jobs.calls).toEqual([]);
  });

  test('a refused request: every problem on stderr, and as JSON where that was asked for', async () => {
    const problems = [
      { path: 'size', code: 'invalid_size', message: 'Not a size.' },
      { path: 'n', code: 'out_of_range', message: 'Too many.' },
    ];
    const cause = failureCause('InvalidRequest', { message: '2 problems.', problems });

    const { exitCode, out, err } = await cli(line('--json'), world({ error: 'InvalidRequest', cause }));

    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      error: 'InvalidRequest',
      job_id: 'spring',
      charged: 'no',
      next_job_id: 'spring-r2',
      cause: { problems },
    });
    expect(err).toMatch(
      /InvalidRequest: 2 problems\. Nothing was charged\..*spring-r2\.\n {2}size: Not a size\.\n {2}n: Too many\.\n$/,
    );
    expect(existsSync(join(folder, 'spring'))).toBe(false);
  });

  test('a single problem is said once', async () => {
    const problems = [{ path: 'size', code: 'invalid_size', message: 'Not a size.' }];
    const cause = failureCause('InvalidRequest', { message: 'size: Not a size.', problems });

    const { err } = await cli(line(), world({ error: 'InvalidRequest', cause }));

    expect(err.match(/Not a size/g)).toHaveLength(1);
  });

  test.each([
    [['generate']],
    [['generate', 'a', 'b']],
    [['generate', 'a', '--image']],
    [['generate', 'a', '--state-machine', 'x']],
  ])('%j is wrong use', async (argv) => {
    const options = world();
    expect((await cli(argv, options)).exitCode).toBe(2);
    expect(options.jobs.calls).toEqual([]);
  });

  test("a version's ARN is told to be one, with the ARN that is meant", async () => {
    const { exitCode, err } = await cli(line('--state-machine', `${MACHINE}:1`), world());

    expect(exitCode).toBe(2);
    expect(err).toContain(
      `--state-machine  It is the ARN of version 1, and jobs belong to the state machine itself: give ${MACHINE}.`,
    );
  });

  test('needs no stack where the state machine is given', async () => {
    const { exitCode, stacks, regions } = await cli(line('--state-machine', MACHINE), world(done));

    expect({ exitCode, stacks, regions }).toEqual({ exitCode: 0, stacks: [], regions: ['eu-central-1'] });
  });
});

describe('Ctrl-C', () => {
  const argv = ['generate', 'a red bicycle', '--job', 'spring'];

  function interrupted(answer?: string, ending?: Ending): CliOptions & { asked: string[]; jobs: FakeJobs } {
    const asked: string[] = [];
    const terminal = {
      live: () => undefined,
      ask: async (question: string) => {
        asked.push(question);
        return answer === 'Ctrl-C' ? undefined : answer;
      },
    };
    const onListening = (interrupt: () => void) => void setTimeout(interrupt, 50);
    return { ...world(ending), onListening, asked, ...(answer !== undefined && { terminal }) };
  }

  test('without a terminal cancels the job', async () => {
    const options = interrupted();
    const { exitCode, err } = await cli(argv, options);

    expect(exitCode).toBe(130);
    expect(err).toContain('Job spring was cancelled.');
    expect(options.jobs.executions.get('spring')?.status).toBe('ABORTED');
  });

  test('on a terminal asks, and cancels where that is the answer', async () => {
    const options = interrupted('y');

    expect((await cli(argv, options)).exitCode).toBe(130);
    expect(options.asked).toHaveLength(1);
    expect(options.jobs.executions.get('spring')?.status).toBe('ABORTED');
  });

  test.each(['l', 'Ctrl-C'])('answered by %s leaves the job running', async (answer) => {
    const options = interrupted(answer);
    const { exitCode, err } = await cli(argv, options);

    expect(exitCode).toBe(130);
    expect(err).toContain('evolink-images status spring');
    expect(options.jobs.executions.get('spring')?.status).toBe('RUNNING');
  });

  test('answered by n goes on to the end', async () => {
    const options = interrupted('n', done);
    const { exitCode } = await cli([...argv, '--out', folder], options);

    expect(exitCode).toBe(0);
    expect(options.asked).toHaveLength(1);
  });
});

describe('save', () => {
  async function startedByAnApp(ending: Ending) {
    const options = world(ending);
    await options.jobs.client.send(
      new StartExecutionCommand({ stateMachineArn: MACHINE, name: 'spring', input: '{"prompt":"a red bicycle"}' }),
    );
    return options;
  }
  const line = (...more: string[]) => ['save', 'spring', '--out', folder, ...more];

  test('writes the images of a job that somebody else started, and starts none', async () => {
    const options = await startedByAnApp(done);
    const { exitCode, out } = await cli(line('--json'), options);

    const file = join(folder, 'spring', 'image-01.png');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ job_id: 'spring', files: [file] });
    expect(readFileSync(file)).toEqual(png);
    expect(options.jobs.count('StartExecutionCommand')).toBe(1);
  });

  test('waits for a job that still runs, and says so', async () => {
    const { exitCode, out, err } = await cli(line(), await startedByAnApp({ ...done, afterLooks: 2 }));

    expect(err).toBe('Job spring still runs. Waiting for its images …\n');
    expect(exitCode).toBe(0);
    expect(out).toContain(join(folder, 'spring', 'image-01.png'));
  });

  test('a job without images: why, and no file', async () => {
    const cause = failureCause('ContentPolicyViolation', {});
    const { exitCode, err } = await cli(line(), await startedByAnApp({ error: 'ContentPolicyViolation', cause }));

    expect(exitCode).toBe(1);
    expect(err).toMatch(/^Error: .*safety filters/);
    expect(existsSync(join(folder, 'spring'))).toBe(false);
  });
});

describe('status and cancel', () => {
  test('show how a job stands', async () => {
    const options = world();
    await cli(['generate', 'x', '--job', 'spring'], {
      ...options,
      onListening: (interrupt) => void setTimeout(interrupt, 50),
    });

    const { exitCode, out } = await cli('status spring', options);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/state +ABORTED/);
    expect(JSON.parse((await cli('cancel spring --json', options)).out)).toMatchObject({
      job_id: 'spring',
      state: 'ABORTED',
      failure: { error: 'JobCancelled', charged: 'unknown' },
    });
  });

  test.each(['save a.b', 'status a.b', 'cancel a.b'])(
    '%s: an id that no job can have is wrong use, and nothing is asked',
    async (line) => {
      const options = world();
      const { exitCode, err } = await cli(line, options);

      expect(exitCode).toBe(2);
      expect(err).toContain('Must be 1 to 80 of A-Z a-z 0-9 _ -.');
      expect(options.jobs.calls).toEqual([]);
    },
  );

  test.each(['save', 'status', 'cancel'])('%s of a job that nobody knows: exit code 1', async (command) => {
    const { exitCode, err } = await cli(`${command} spring`, world());

    expect({ exitCode, err }).toEqual({ exitCode: 1, err: 'Error: There is no job spring.\n' });
  });

  test.each(['status', 'status a b', 'cancel', 'save', 'save a b', 'save --size 1:1 a'])(
    '%s is wrong use',
    async (line) => {
      expect((await cli(line, world())).exitCode).toBe(2);
    },
  );
});

describe('jobs', () => {
  test('lists them, as text and as JSON', async () => {
    const options = world(done);
    await cli(['generate', 'x', '--job', 'spring', '--out', folder], options);

    expect((await cli('jobs', options)).out).toMatch(
      /^job +state +started +seconds\nspring +SUCCEEDED +2026-11-23T09:00:00\.000Z +12\.5\n$/,
    );
    expect(JSON.parse((await cli('jobs --state succeeded --json', options)).out)).toMatchObject([{ job_id: 'spring' }]);
    expect((await cli('jobs --state failed', options)).out).toBe('There are no such jobs.\n');
  });

  test("says that listing is an operator's right", async () => {
    const options = world();
    options.jobs.faults.set('ListExecutionsCommand', named('AccessDeniedException'));

    const { exitCode, err } = await cli('jobs', options);

    expect(exitCode).toBe(1);
    expect(err).toMatch(/states:ListExecutions, an operator's right.*status <job>/);
  });

  test.each(['jobs --limit 0', 'jobs --limit 1001', 'jobs --state gone', 'jobs spring'])(
    '%s is wrong use',
    async (line) => {
      expect((await cli(line, world())).exitCode).toBe(2);
    },
  );
});
