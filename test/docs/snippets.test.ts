import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from '../../bin/commands/arguments';
import { COMMANDS } from '../../bin/commands';
import { KEYS, PREFIX } from '../../bin/settings';
import { type Block, BLOCKS, blocksIn, commandsOf, ROOT } from './support/blocks';
import { mistakesIn } from './support/compile-snippets';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('TypeScript in the docs', () => {
  const wrong: Block = {
    page: 'wrong.md',
    line: 7,
    language: 'ts',
    code: "new ImagePipeline(stack, 'Images', {\n  apiKey,\n  maxAttempt: 3,\n});\n",
  };
  const mistakes = mistakesIn([...blocksIn('ts'), wrong]);

  test('compiles', () => {
    expect(blocksIn('ts')).not.toHaveLength(0);
    expect(mistakes.filter((mistake) => !mistake.startsWith('wrong.md'))).toEqual([]);
  });

  test('would not compile with a property that does not exist, and says where', () => {
    expect(mistakes.filter((mistake) => mistake.startsWith('wrong.md'))).toEqual([
      expect.stringMatching(/^wrong\.md:9: .*'maxAttempt' does not exist/),
    ]);
  });
});

/** An ellipsis in a string is text already. */
test.each(blocksIn('json'))('$page:$line is JSON', ({ code }) => {
  expect(() => JSON.parse(code) as unknown).not.toThrow();
});

const commands = blocksIn('sh').flatMap(commandsOf);

/** Words as a shell has them, up to a pipe; quotes come off. */
function words(command: string): string[] {
  const found = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = found.findIndex((word) => /^[|;&]/.test(word));
  return found.slice(0, end < 0 ? undefined : end).map((word) => word.replaceAll(/["']/g, ''));
}

const ours = commands.filter(({ command }) => command.startsWith('npx evolink-images'));
test.each(ours)('$at: the command line knows $command', ({ command }) => {
  const [, , name, ...rest] = words(command);
  const known = COMMANDS.find((candidate) => candidate.name === name);
  expect(COMMANDS.map((candidate) => candidate.name)).toContain(name);
  expect(readArguments(rest, known?.options ?? {}).problems).toEqual([]);
});

const ofNpm = commands.filter(({ command }) => /^npm (run |start|test)/.test(command));
test.each(ofNpm)('$at: package.json has the script of $command', ({ command }) => {
  const [, first = '', second = ''] = words(command);
  expect(Object.keys(scripts)).toContain(first === 'run' ? second : first);
});

test('every setting that a page names exists', () => {
  const known = KEYS.map((key) => `${PREFIX}${key}`);
  const named = BLOCKS.flatMap(({ page }) => page)
    .filter((page, index, pages) => pages.indexOf(page) === index)
    .flatMap((page) => readFileSync(join(ROOT, page), 'utf8').match(/(?<![\w-])pipeline:(?!key=value)[a-z]\w*/g) ?? []);
  expect(named).not.toHaveLength(0);
  expect(named.filter((key) => !known.includes(key))).toEqual([]);
});
