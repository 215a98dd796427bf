/** The simulator as a program. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startEvolinkSimulator, DEFAULT_KEY } from './simulator';
import type { SimulatorOptions } from './types';

const HELP = `Simulates EvoLink's image API on this machine: no account, no cost.

Usage: tsx local/simulator/main.ts [options]

  --port <number>           port to listen on                          (default: a free one)
  --key <text>              the API key to accept                      (default: ${DEFAULT_KEY})
  --credits <amount>        its credits                                (default: 1000)
  --cert <file>             serve HTTPS with this PEM certificate ...
  --tls-key <file>          ... and this PEM key
  --allow-local-callbacks   accept http and private callback addresses
  --control                 serve /_simulator/* for scripting by other processes
  --help                    show this text
`;

/** What the user got wrong, as opposed to what we did. */
class UsageError extends Error {}

interface Settings {
  readonly help: boolean;
  readonly ownKey: boolean;
  readonly options: SimulatorOptions;
}

function readFlags(args: readonly string[]): Settings {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        key: { type: 'string' },
        credits: { type: 'string' },
        cert: { type: 'string' },
        'tls-key': { type: 'string' },
        'allow-local-callbacks': { type: 'boolean', default: false },
        control: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { cert, 'tls-key': tlsKey } = values;
    if ((cert === undefined) !== (tlsKey === undefined)) throw new UsageError('--cert and --tls-key belong together.');
    const options: SimulatorOptions = {
      port: readPort(values.port),
      keys: [{ key: values.key ?? DEFAULT_KEY, credits: values.credits }],
      tls: cert && tlsKey ? { cert: readText('--cert', cert), key: readText('--tls-key', tlsKey) } : undefined,
      allowLocalCallbacks: values['allow-local-callbacks'],
      control: values.control,
    };
    return { help: values.help, ownKey: values.key !== undefined, options };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS')) throw new UsageError(message);
    throw error;
  }
}

function readPort(text = '0'): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`--port is a number from 0 to 65535, got '${text}'.`);
  return port;
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}

async function main(): Promise<void> {
  const { help, ownKey, options } = readFlags(process.argv.slice(2));
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const simulator = await startEvolinkSimulator(options);
  const stop = (): void => void simulator.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // A key that somebody chose may be a real one; it does not belong on a screen.
  const shownKey = ownKey ? '$EVOLINK_API_KEY' : DEFAULT_KEY;
  const cacert = options.tls === undefined ? '' : ' --cacert <your certificate>';
  process.stdout.write(`EvoLink simulator: ${simulator.baseUrl}

curl${cacert} ${simulator.baseUrl}/v1/images/generations \\
  -H "Authorization: Bearer ${shownKey}" -H 'Content-Type: application/json' \\
  -d '{"model":"gpt-image-2","prompt":"a red bicycle on a pier","size":"16:9"}'

Ctrl-C ends it.
`);
}

main().catch((error: Error & { code?: string }) => {
  // Wrong credits and keys are refused with a RangeError by the simulator itself.
  const usage = error instanceof UsageError || error instanceof RangeError;
  const hint = usage ? '\nTry --help.' : '';
  process.stderr.write(`${error.message}${hint}\n`);
  process.exitCode = usage ? 2 : 1;
});
