import { runScript, url } from './run-script';

test("a shell's settings for a real account do not reach a local run", async () => {
  const shell = {
    PATH: '/bin',
    AWS_PROFILE: 'work',
    AWS_SESSION_TOKEN: 'token',
    AWS_ENDPOINT_URL_S3: 'https://s3.example.com',
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_CONFIG_FILE: '/home/me/config',
    AWS_ENDPOINT_URL: 'https://127.0.0.1:4566',
    AWS_REGION: 'eu-west-1',
  };

  const env = await runScript(
    `import { withoutOwnAws } from ${url('shell-environment.mjs')};
    console.log(JSON.stringify(withoutOwnAws(${JSON.stringify(shell)})));`,
  );

  expect(JSON.parse(env)).toEqual({
    PATH: '/bin',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ENDPOINT_URL: 'https://127.0.0.1:4566',
    AWS_REGION: 'eu-west-1',
  });
});

test("EvoLink's key is taken out of the environment, for the one who is meant to have it", async () => {
  const taken = await runScript(
    `import { takeApiKey } from ${url('shell-environment.mjs')};
    const env = { PATH: '/bin', EVOLINK_API_KEY: 'sk-secret' };
    console.log(JSON.stringify([takeApiKey(env), env, takeApiKey(env)]));`,
  );

  expect(JSON.parse(taken)).toEqual([{ EVOLINK_API_KEY: 'sk-secret' }, { PATH: '/bin' }, {}]);
});
