import type { Command, OptionDefinitions } from './command';

export const PROGRAM = 'evolink-images';

export function generalHelp(commands: readonly Command[]): string {
  return [
    'The image pipeline from the command line: images, what they cost, the emergency stop, dead letters, and its health.',
    '',
    'Usage:',
    `  ${PROGRAM} <command> [options]`,
    '',
    'Commands:',
    ...aligned(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Examples:',
    ...commands.map(({ examples }) => `  ${examples[0]}`),
    '',
    `Options of a command: ${PROGRAM} <command> --help`,
    'Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. NO_COLOR is honoured.',
    '',
  ].join('\n');
}

export function commandHelp({ name, summary, forms = [''], details, options, examples }: Command): string {
  return [
    summary,
    '',
    'Usage:',
    ...forms.map((form) => `  ${[PROGRAM, name, form, '[options]'].filter((part) => part !== '').join(' ')}`),
    ...(details === undefined ? [] : ['', details]),
    '',
    'Options:',
    ...aligned(optionLines({ ...options, help: { help: 'Print this.' } })),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function optionLines(options: OptionDefinitions): [string, string][] {
  return Object.entries(options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} <${value}>`,
    help,
  ]);
}

function aligned(lines: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
