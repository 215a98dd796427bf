import { readStartArguments } from '../../../local/live/arguments';
import { WrongUse } from '../../../local/wrong-use';

const request = (...argv: string[]) => {
  const read = readStartArguments(['--live', ...argv]);
  if (read.kind !== 'live') throw new Error(read.kind);
  return read.request;
};

test('without arguments: the examples', () => {
  expect(readStartArguments([])).toEqual({ kind: 'examples' });
});

test('--help wins', () => {
  expect(readStartArguments(['--live', '--help'])).toEqual({ kind: 'help' });
});

test('--live alone is the cheapest request that there is', () => {
  const read = readStartArguments(['--live']);

  expect(read).toMatchObject({
    kind: 'live',
    yes: false,
    estimate: { capped: true, tokens: { output: { upper: 62 } } },
  });
  expect(request()).toMatchObject({ model: 'gpt-image-2', size: '3:1', resolution: '1K', quality: 'low', n: 1 });
});

test('a prompt, and that it was agreed to beforehand', () => {
  expect(readStartArguments(['--live', 'a red bicycle', '--yes'])).toMatchObject({
    yes: true,
    request: { prompt: 'a red bicycle', size: '3:1', quality: 'low' },
  });
});

test('--verify runs the verification in place of a job', () => {
  expect(readStartArguments(['--live', '--verify'])).toEqual({ kind: 'verify', yes: false });
  expect(readStartArguments(['--live', '--verify', '--yes'])).toEqual({ kind: 'verify', yes: true });
});

test.each([
  [['--verify'], /needs --live/],
  [['--live', '--verify', 'a red bicycle'], /requests of its own/],
  [['--live', '--verify', '--size', '16:9'], /requests of its own/],
])('%j is wrong use', (argv, message) => {
  expect(() => readStartArguments(argv)).toThrow(WrongUse);
  expect(() => readStartArguments(argv)).toThrow(message);
});

test('another size, tier and quality', () => {
  expect(request('--size', '16:9', '--resolution', '2K', '--quality', 'high')).toMatchObject({
    size: '16:9',
    resolution: '2K',
    quality: 'high',
  });
});

test.each(['1024x1024', 'auto'])('%s has no tier', (size) => {
  expect(request('--size', size).resolution).toBeUndefined();
});

test.each([
  ['a prompt without --live', ['a red bicycle'], /needs --live/],
  ['--yes without --live', ['--yes'], /needs --live/],
  ['a prompt without quotes', ['--live', 'a', 'red', 'bicycle'], /quotes/],
  ['an unknown option', ['--live', '--model', 'x'], /--model/],
  ['a size that there is not', ['--live', '--size', '7:1'], /size: /],
  ['a quality that there is not', ['--live', '--quality', 'best'], /quality: /],
  ['an empty prompt', ['--live', ''], /prompt: /],
])('%s is wrong use', (_what, argv, message) => {
  expect(() => readStartArguments(argv)).toThrow(WrongUse);
  expect(() => readStartArguments(argv)).toThrow(message);
});
