/** The npm package as strangers get it: packed, installed into empty folders outside of the repository, and used. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { SFNClient } from '@aws-sdk/client-sfn';
import { ImagePipelineClient } from '../../client';
import { ROOT } from '../../local/paths';
import { appEnvironment } from './support/app-environment';
import { type OwnApp, startOwnApp } from './support/own-app';
import { connection } from './support/clients';

const FIXTURES = join(__dirname, 'package');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];

const execute = promisify(execFile);
const json = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const installedVersion = (name: string) =>
  json<{ version: string }>(join(ROOT, 'node_modules', name, 'package.json')).version;

let folder: string;
let tarball: string;
let files: readonly string[];
let clientApp: string;
let cdkApp: string;

function npm(args: readonly string[], cwd: string) {
  const own = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [command = 'npm', ...first] = own;
  return execute(command, [...first, ...args], { cwd, timeout: 240_000, maxBuffer: 10_000_000 });
}

/** An empty folder with the packed package in it, and an app. */
async function installApp(name: string, ...packages: string[]): Promise<string> {
  const app = join(folder, name);
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  await npm([...INSTALL, tarball, ...packages], app);
  copyFileSync(join(FIXTURES, name, 'app.ts'), join(app, 'app.ts'));
  return app;
}

async function checkTypes(app: string, options: readonly string[]): Promise<void> {
  const types = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--types', 'node'];
  const args = [TSC, 'app.ts', '--noEmit', '--strict', '--target', 'es2023', ...types, ...options];
  await execute(process.execPath, args, { cwd: app }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evolink-package-'));
  const { stdout } = await npm(['pack', '--json', '--pack-destination', folder], ROOT);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string; files: { path: string }[] }[];
  tarball = join(folder, packed?.filename ?? '');
  files = packed?.files.map(({ path }) => path) ?? [];
  const peers = ['aws-cdk-lib', 'constructs'].map((name) => `${name}@${installedVersion(name)}`);
  [clientApp, cdkApp] = await Promise.all([installApp('client-app'), installApp('cdk-app', ...peers)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  const ALLOWED = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md)$/,
    /^docs\/.+\.md$/,
    /^examples\/.+\.(ts|md|json)$/,
    /^bin\/evolink-images\.mjs$/,
    /^dist\/bin\/(evolink-images\.js|THIRD-PARTY-LICENSES\.txt)$/,
    /^dist\/(lib|client|domain|local\/simulator)\/.+(\.js|\.d\.ts)$/,
    /^assets\/THIRD-PARTY-LICENSES\.txt$/,
    /^assets\/[a-z]+\/index\.js(\.map)?$/,
  ];

  test('holds what a stranger needs and nothing else', () => {
    expect(files.filter((file) => !ALLOWED.some((allowed) => allowed.test(file)))).toEqual([]);
    for (const needed of ['dist/lib/index.js', 'dist/client/index.js', 'dist/local/simulator/index.js', 'LICENSE']) {
      expect(files).toContain(needed);
    }
    const modules = files.filter((file) => /^dist\/(?!bin).+\.js$/.test(file));
    expect(modules.filter((file) => !files.includes(file.replace(/\.js$/, '.d.ts')))).toEqual([]);
  });

  test('has a source map beside each bundle, and the licences of what is inside', () => {
    const bundles = readdirSync(join(ROOT, 'lambda')).filter((name) => name !== 'shared');
    for (const name of bundles) expect(files).toContain(`assets/${name}/index.js.map`);
    const map = json<{ sources: string[]; sourcesContent?: unknown }>(join(ROOT, 'assets/submit/index.js.map'));
    expect(map.sources).toContain('../../lambda/submit/submit.ts');
    expect(map).not.toHaveProperty('sourcesContent');
    const notice = readFileSync(join(ROOT, 'assets/THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(notice).toMatch(/@aws-sdk\/client-dynamodb \S+ \(Apache-2\.0\)/);
    expect(notice).toMatch(/ipaddr\.js \S+ \(MIT\)/);
  });

  test('its documents link to nothing that is missing', () => {
    const documents = files.filter((file) => file.endsWith('.md'));
    const missing = documents.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => normalize(join(file, '..', target)))
        .filter(
          (target) => !files.includes(target) && !files.some((one) => one.startsWith(`${target.replace(/\/$/, '')}/`)),
        )
        .map((target) => `${file} -> ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('names no folder of the machine that packed it', () => {
    const texts = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').includes(ROOT));
    expect(texts).toEqual([]);
  });
});

describe('in an app without the CDK', () => {
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    env = await appEnvironment();
  });

  test('neither the CDK nor a build tool is installed', () => {
    for (const name of ['aws-cdk-lib', 'constructs', 'esbuild', 'typescript', 'tsx']) {
      expect([name, existsSync(join(clientApp, 'node_modules', name))]).toEqual([name, false]);
    }
  });

  test.each([
    ['Node', ['--module', 'nodenext']],
    ['a bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ['an old tsconfig', ['--module', 'commonjs', '--moduleResolution', 'node10', '--ignoreDeprecations', '6.0']],
  ])('the types are found as by %s', async (_name, options) => {
    await checkTypes(clientApp, options);
  });

  test('the client buys an image, an error has its class, and the simulator answers', async () => {
    // Node itself strips the types.
    const args = [join(clientApp, 'app.ts'), connection.outputs.StateMachineArn];
    const { stdout } = await execute(process.execPath, args, { cwd: clientApp, env, timeout: 120_000 });

    expect(JSON.parse(stdout)).toEqual({
      images: 1,
      used: expect.stringMatching(/^0\.\d+$/),
      failure: 'InvalidRequestError',
      status: 401,
    });
  });

  test('the command line is there', async () => {
    const command = join(clientApp, 'node_modules', '.bin', 'evolink-images');
    const { stdout } = await execute(command, ['estimate', '--size', '1:1', '--quality', 'low', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ output_tokens: 196 });

    const args = ['generate', 'a bicycle', '--size', '3:1', '--out', folder, '--json'];
    const pipeline = ['--state-machine', connection.outputs.StateMachineArn];
    const generated = await execute(command, [...args, ...pipeline], { env, timeout: 120_000 });
    const { files: saved } = JSON.parse(generated.stdout) as { files: string[] };
    expect(saved.map((file) => existsSync(file))).toEqual([true]);
  });
});

describe('in an empty CDK app', () => {
  test('no build tool is installed', () => {
    for (const name of ['esbuild', 'typescript', 'tsx']) {
      expect([name, existsSync(join(cdkApp, 'node_modules', name))]).toEqual([name, false]);
    }
  });

  test('the types are found', async () => {
    await checkTypes(cdkApp, ['--module', 'nodenext']);
  });

  describe('synthesised without a network and deployed', () => {
    let deployed: OwnApp;
    beforeAll(async () => {
      const command = `"${process.execPath}" --require "${join(FIXTURES, 'no-network.cjs')}" app.ts`;
      deployed = await startOwnApp({ folder: cdkApp, command, env: { PATH: '/nonexistent' } });
    });
    afterAll(() => deployed.close());

    test('it buys an image', async () => {
      const { admin } = connection;
      const stateMachineArn = deployed.outputs.PackagedPipeline?.StateMachineArn ?? '';
      const client = new ImagePipelineClient({ stateMachineArn, stepFunctions: new SFNClient(admin) });
      const output = await client.generate({ prompt: 'a red bicycle', size: '3:1' });

      expect(output).toMatchObject({ images: [{ content_type: 'image/png' }], requested: { quality: 'low' } });
      expect(deployed.simulator.bill().creditsUsed).toBe(output.credits.used);
    });
  });
});
