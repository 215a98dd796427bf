import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ensureCertificate } from '../../../local/cloud/certificate';
import { prepareTrust, trustEnvironment } from '../../../local/cloud/trust';

let folder: string;
let companyPem: string;
const certificates = (file: string) => fs.readFileSync(file, 'utf8').match(/-----BEGIN[^-]+-----[^-]+/g) ?? [];

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trust-'));
  companyPem = (await ensureCertificate(path.join(folder, 'company'))).certPath;
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const tls = () => path.join(folder, 'tls');

test('the bundle holds our certificate alone when the shell trusts nothing else', async () => {
  const { bundlePath, certPath } = await prepareTrust({}, tls());

  expect(certificates(bundlePath)).toEqual(certificates(certPath));
});

test("keeps a company's certificates, named by either variable, once", async () => {
  const env = { NODE_EXTRA_CA_CERTS: companyPem, AWS_CA_BUNDLE: companyPem };

  const { bundlePath, certPath } = await prepareTrust(env, tls());

  expect(certificates(bundlePath)).toEqual([...certificates(certPath), ...certificates(companyPem)]);
});

test('keeps them in a shell that already sourced our settings', async () => {
  const { bundlePath } = await prepareTrust({ AWS_CA_BUNDLE: companyPem }, tls());
  const before = certificates(bundlePath);

  await prepareTrust(trustEnvironment(bundlePath), tls());

  expect(before).toHaveLength(2);
  expect(certificates(bundlePath)).toEqual(before);
});

test('does not mind a variable that names a missing file', async () => {
  const { bundlePath } = await prepareTrust({ NODE_EXTRA_CA_CERTS: path.join(folder, 'gone.pem') }, tls());

  expect(certificates(bundlePath)).toHaveLength(1);
});

test('nor one that names a folder', async () => {
  const { bundlePath } = await prepareTrust({ AWS_CA_BUNDLE: folder }, tls());

  expect(certificates(bundlePath)).toHaveLength(1);
});
