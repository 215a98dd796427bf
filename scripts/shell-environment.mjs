/**
 * What of the shell's settings may reach a local run. A developer's shell is set up for a real account: its profile,
 * its own endpoints, FIPS or `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` would break the run or send its calls to AWS.
 */

/** These say which local cloud to use (`AWS_ENDPOINT_URL`) and how; the bundle becomes part of ours. */
const KEPT = new Set([
  'AWS_ENDPOINT_URL',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_CA_BUNDLE',
]);

/** Files of settings count as much as variables do: there are none. */
const NO_FILES = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutOwnAws(env) {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('AWS_') || KEPT.has(name));
  return { ...Object.fromEntries(kept), ...NO_FILES };
}

/**
 * Takes EvoLink's key out of the environment, so that nothing inherits it unasked.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ EVOLINK_API_KEY?: string }} for whoever is meant to have it
 */
export function takeApiKey(env) {
  const { EVOLINK_API_KEY } = env;
  delete env.EVOLINK_API_KEY;
  return EVOLINK_API_KEY === undefined ? {} : { EVOLINK_API_KEY };
}
