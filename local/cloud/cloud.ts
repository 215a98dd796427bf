/** The cloud that a local run uses: a ministack of its own, or one that is already there (`AWS_ENDPOINT_URL`). */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type CloudConfig, DEFAULT_REGION, ROOT_CREDENTIALS } from './clients';
import { startMinistack } from './ministack';
import { type Trust, trustEnvironment } from './trust';

export interface Cloud {
  /** Full rights. */
  readonly admin: CloudConfig & { readonly credentials: { accessKeyId: string; secretAccessKey: string } };
  readonly account: string;
  /** Somebody else's: others may use it too, and it stays when we end. */
  readonly shared: boolean;
  /** Makes the AWS CLI, the CDK CLI and every SDK use this cloud, with full rights. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const MINISTACK_ACCOUNT = '000000000000';

const UNSET = 'To have one started for you: `unset AWS_ENDPOINT_URL`.';

export async function openCloud(runDir: string, trust: Trust, env = process.env): Promise<Cloud> {
  const endpoint = given(env.AWS_ENDPOINT_URL);
  if (endpoint === undefined) {
    // The shell's region is for a real account; a cloud of our own is the same everywhere.
    const ministack = await startMinistack({ runDir, trust, region: DEFAULT_REGION });
    const admin = { endpoint: ministack.endpoint, region: DEFAULT_REGION, credentials: ROOT_CREDENTIALS };
    return {
      admin,
      account: MINISTACK_ACCOUNT,
      shared: false,
      env: settings(admin, trust, env),
      stop: () => ministack.stop(),
    };
  }
  refuseUnusable(endpoint);
  const credentials = {
    accessKeyId: given(env.AWS_ACCESS_KEY_ID) ?? ROOT_CREDENTIALS.accessKeyId,
    secretAccessKey: given(env.AWS_SECRET_ACCESS_KEY) ?? ROOT_CREDENTIALS.secretAccessKey,
  };
  const region = given(env.AWS_REGION) ?? given(env.AWS_DEFAULT_REGION) ?? DEFAULT_REGION;
  const admin = { endpoint, region, credentials };
  const account = await accountOf(admin);
  return { admin, account, shared: true, env: settings(admin, trust, env), stop: () => Promise.resolve() };
}

/** Hosts of AWS itself, in all its partitions. */
const AWS_HOST = /(^|\.)(amazonaws\.com(\.cn)?|api\.aws|amazonwebservices\.com\.cn)$/;

function refuseUnusable(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`AWS_ENDPOINT_URL must be the URL of a local cloud, got "${endpoint}". ${UNSET}`);
  }
  if (AWS_HOST.test(url.hostname)) {
    throw new Error(
      `AWS_ENDPOINT_URL is ${endpoint}: local runs are for local clouds. Deploy to AWS with \`npx cdk deploy\`.`,
    );
  }
}

/** A shell that sourced the settings of `npm run dev` still names its cloud when that one has ended. */
async function accountOf(admin: CloudConfig): Promise<string> {
  try {
    const { Account } = await new STSClient(admin).send(new GetCallerIdentityCommand({}));
    return Account ?? MINISTACK_ACCOUNT;
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new Error(`AWS_ENDPOINT_URL is ${admin.endpoint}, but no cloud answers there: ${reason}. ${UNSET}`, {
      cause: error,
    });
  }
}

/** An empty value counts as not set. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function settings(admin: Cloud['admin'], trust: Trust, env: NodeJS.ProcessEnv): Record<string, string> {
  // A company proxy must not be asked for loopback addresses.
  const direct = [env.NO_PROXY ?? env.no_proxy, '127.0.0.1', 'localhost', '.localhost']
    .filter((part) => !!part)
    .join(',');
  return {
    AWS_ENDPOINT_URL: admin.endpoint,
    AWS_REGION: admin.region,
    AWS_DEFAULT_REGION: admin.region,
    AWS_ACCESS_KEY_ID: admin.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: admin.credentials.secretAccessKey,
    NO_PROXY: direct,
    no_proxy: direct,
    ...trustEnvironment(trust.bundlePath),
  };
}
