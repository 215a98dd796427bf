/** A cloud that the shell names: what is said when it can't be used. */
import { createServer } from 'node:net';
import { openCloud } from '../../../local/cloud/cloud';

const trust = { certPath: '', keyPath: '', bundlePath: '' };
const open = (AWS_ENDPOINT_URL: string) => openCloud('', trust, { AWS_ENDPOINT_URL });

function unusedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address && typeof address === 'object' ? address.port : 0));
    });
  });
}

test.each([
  'https://sts.us-east-1.amazonaws.com',
  'https://sts.cn-north-1.amazonaws.com.cn',
  'https://sfn.us-east-1.api.aws/',
])('AWS itself is refused: %s', async (endpoint) => {
  await expect(open(endpoint)).rejects.toThrow(/AWS_ENDPOINT_URL is .*local clouds.*npx cdk deploy/);
});

test.each(['nonsense', 'localhost:4566', 'file:///tmp'])('what is no URL of a cloud is named: %s', async (endpoint) => {
  await expect(open(endpoint)).rejects.toThrow(/AWS_ENDPOINT_URL must be.*unset AWS_ENDPOINT_URL/);
});

test('a cloud that has ended: says which variable names it, and the way out', async () => {
  const endpoint = `http://127.0.0.1:${await unusedPort()}`;

  await expect(open(endpoint)).rejects.toThrow(
    new RegExp(`AWS_ENDPOINT_URL is ${endpoint}, but no cloud answers there: .*ECONNREFUSED.*unset AWS_ENDPOINT_URL`),
  );
});
