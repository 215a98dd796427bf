/** How results are shown: a line each, and below a problem what to do. */
import type { Paint } from '../command';
import type { FindingState, Result } from './check';

const MARKS: Readonly<Record<FindingState, { readonly mark: string; readonly colour: keyof Paint }>> = {
  ok: { mark: '✓', colour: 'green' },
  attention: { mark: '!', colour: 'yellow' },
  problem: { mark: '✗', colour: 'red' },
  unknown: { mark: '?', colour: 'yellow' },
};

export function resultLines(results: readonly Result[], paint: Paint): string[] {
  const width = Math.max(...results.map(({ title }) => title.length));
  return results.flatMap(({ state, title, text, advice = [] }) => {
    const { mark, colour } = MARKS[state];
    const indent = ' '.repeat(width + 4);
    return [
      `${paint[colour](mark)} ${title.padEnd(width)}  ${text}`,
      ...advice.map((line) => `${indent}${paint.dim('→')} ${line}`),
    ];
  });
}

export function resultJson({ id, state, text, advice = [], facts = {} }: Result): Record<string, unknown> {
  return { id, state, text, advice, facts };
}

/** Undefined for a deployment that is healthy. */
export function complaint(results: readonly Result[]): string | undefined {
  const count = (state: FindingState, one: string, many: string) => {
    const found = results.filter((result) => result.state === state).length;
    return found === 0 ? [] : [`${found} ${found === 1 ? one : many}`];
  };
  const found = [
    ...count('problem', 'problem', 'problems'),
    ...count('unknown', 'check that could not be made', 'checks that could not be made'),
  ];
  return found.length === 0 ? undefined : `Not healthy: ${found.join(', ')}.`;
}
