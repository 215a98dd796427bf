/**
 * One self-signed certificate per clone, for the local cloud and for the EvoLink simulator: with it no rule about
 * HTTPS needs an exception for local runs.
 */
import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { generate } from 'selfsigned';
import { LOCAL_DIR } from '../paths';

export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
}

const VALID_DAYS = 365;
/** Renewed this long before it expires, so that no run sees it expire. */
const RENEW_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Names under which clients reach the cloud: by address, by name, and the HTTP API by its own host. */
const DNS_NAMES = ['localhost', '*.execute-api.localhost'];

/** The certificate in the folder, made anew when there is none or it is about to expire. */
export async function ensureCertificate(dir = path.join(LOCAL_DIR, 'tls'), now = new Date()): Promise<Certificate> {
  const certificate = { certPath: path.join(dir, 'cert.pem'), keyPath: path.join(dir, 'key.pem') };
  if (isUsable(certificate, now)) return certificate;

  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - DAY_MS),
    notAfterDate: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [...DNS_NAMES.map((value) => ({ type: 2 as const, value })), { type: 7 as const, ip: '127.0.0.1' }],
      },
    ],
  });
  // Written aside and moved in one step: a key never stands beside the certificate of another run.
  fs.mkdirSync(path.dirname(dir), { recursive: true });
  const draft = fs.mkdtempSync(`${dir}-`);
  fs.writeFileSync(path.join(draft, 'cert.pem'), made.cert);
  fs.writeFileSync(path.join(draft, 'key.pem'), made.private, { mode: 0o600 });
  fs.rmSync(dir, { recursive: true, force: true });
  fs.renameSync(draft, dir);
  return certificate;
}

function isUsable({ certPath, keyPath }: Certificate, now: Date): boolean {
  if (!fs.existsSync(certPath) || !fs.existsSync(keyPath)) return false;
  const until = new Date(new X509Certificate(fs.readFileSync(certPath)).validTo);
  return until.getTime() - now.getTime() > RENEW_DAYS * DAY_MS;
}
