/** An EvoLink simulator that functions in a local cloud can reach: under our certificate, with a key that nobody knows. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { ensureCertificate } from './cloud/certificate';
import { type EvolinkSimulator, type SimulatorOptions, startEvolinkSimulator } from './simulator';

export interface LocalEvolink {
  readonly simulator: EvolinkSimulator;
  readonly apiKey: string;
}

export async function startLocalEvolink(
  options: Pick<SimulatorOptions, 'control' | 'timing'> & { readonly credits?: string } = {},
): Promise<LocalEvolink> {
  const { credits, ...rest } = options;
  const { certPath, keyPath } = await ensureCertificate();
  const apiKey = `sk-local-${randomBytes(12).toString('hex')}`;
  const simulator = await startEvolinkSimulator({
    ...rest,
    tls: { cert: fs.readFileSync(certPath, 'utf8'), key: fs.readFileSync(keyPath, 'utf8') },
    keys: [{ key: apiKey, credits }],
    allowLocalCallbacks: true,
  });
  return { simulator, apiKey };
}
