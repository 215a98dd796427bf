import { assumeRole } from '../../../local/cloud/app-role';
import { connection } from './clients';

/** For a process of its own with nothing but an application's rights: the pipeline's `grantUse`. */
export async function appEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { accessKeyId, secretAccessKey, sessionToken } = await assumeRole(connection.admin, connection.appRoleArn);
  return {
    PATH: process.env.PATH,
    NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    AWS_ENDPOINT_URL: connection.admin.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
