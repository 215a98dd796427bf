/** Properties whose values are made by factories: what JavaScript, JSON and casts bring in their place. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { DEFAULT_PRICES } from '../../domain/prices';
import { Budget, CallbackEndpoint, type ImagePipelineProps, type PriceTable } from '../../lib';
import { PRICES, synth } from './support';

const given = (props: { readonly [name in keyof ImagePipelineProps]?: unknown }) => () =>
  synth(() => props as Partial<ImagePipelineProps>);

const parsed = JSON.parse(JSON.stringify(DEFAULT_PRICES)) as PriceTable;

test.each([
  ['callbackEndpoint', 'none', 'a string'],
  ['callbackEndpoint', () => CallbackEndpoint.none(), 'a function: the parentheses behind its name are missing'],
  ['callbackEndpoint', { url: 'https://hooks.example.com' }, 'an object of another kind'],
  ['budgets', [Budget.daily(5), 5], 'a number'],
  ['budgets', [{ id: 'all-day' }], 'an object of another kind'],
  ['budgets', [() => Budget.daily(5)], 'a function: the parentheses behind its name are missing'],
])('%s refuses %p, and names the factories', (name, value, got) => {
  const factories = {
    callbackEndpoint:
      'callbackEndpoint must be made by one of CallbackEndpoint.httpApi(), CallbackEndpoint.functionUrl(), CallbackEndpoint.existing(), CallbackEndpoint.none()',
    budgets: 'budgets must be made by Budget.daily() or Budget.monthly()',
  }[name];
  expect(given({ [name]: value })).toThrow(`Stack/Images: ${factories}, got ${got}`);
});

describe('a price table', () => {
  const models = { ...PRICES.models, 'gpt-image-2': undefined };

  test.each<[string, object, string]>([
    [
      'of JSON',
      { ...parsed },
      'models.gpt-image-2 must be made by ModelPrices.perToken() or ModelPrices.perCall(), got an object of another kind',
    ],
    [
      'with an empty row',
      { ...PRICES, models },
      'models.gpt-image-2 must be made by ModelPrices.perToken() or ModelPrices.perCall(), got nothing',
    ],
    ['without models', { ...PRICES, models: undefined }, 'models must have prices by model, got nothing'],
    [
      'whose version is a number',
      { ...PRICES, version: 7 },
      'version must have 1 to 64 characters of A-Z a-z 0-9 . _ -, got 7',
    ],
    [
      'of a day that never was',
      { ...PRICES, date: '2026-02-31' },
      'date must be a day such as 2026-11-23, got 2026-02-31',
    ],
    ['of no day', { ...PRICES, date: '2026-13-01' }, 'date must be a day such as 2026-11-23, got 2026-13-01'],
  ])('%s is refused', (_, prices, problem) => {
    expect(given({ prices })).toThrow(`Stack/Images: prices.${problem}`);
  });
});

/** A class's own members in the types that the package ships, which leave out what is internal. */
function publishedMembers(file: string, name: string): string[] {
  const source = readFileSync(join(__dirname, '../../lib', file), 'utf8');
  const { outputText } = ts.transpileDeclaration(source, {
    fileName: file,
    compilerOptions: { declaration: true, stripInternal: true, target: ts.ScriptTarget.ESNext },
  });
  const published = ts.createSourceFile('published.d.ts', outputText, ts.ScriptTarget.ESNext);
  const found = published.statements.find(
    (statement): statement is ts.ClassDeclaration => ts.isClassDeclaration(statement) && statement.name?.text === name,
  );
  if (!found) throw new Error(`${file} publishes no class ${name}`);
  return found.members
    .filter(ts.isPropertyDeclaration)
    .filter(({ modifiers = [] }) => modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
    .map((member) => (member.name as ts.Identifier).text);
}

test.each([
  ['callback-endpoint.ts', 'CallbackEndpoint', 'isEndpoint'],
  ['budget.ts', 'Budget', 'rule'],
  ['prices.ts', 'ModelPrices', 'row'],
])('%s: the published type of %s fits nothing else, since it keeps %s', (file, name, member) => {
  expect(publishedMembers(file, name)).toContain(member);
});
