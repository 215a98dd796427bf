import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REQUEST_FIELDS } from '../../domain/request';

const ROOT = join(__dirname, '../..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as {
  context: Record<string, string | number> & { '//': Record<string, string> };
};

describe('README.md', () => {
  test.each(Object.keys(context['//']))('lists the setting %s with its default', (key) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${key}\``));
    const value = context[key];
    expect(row).toContain(value === undefined ? '|' : `\`${value}\``);
  });

  test.each([...REQUEST_FIELDS])('lists the request field %s', (field) => {
    expect(readme).toContain(`| \`${field}\``);
  });

  test.each([...readme.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? ''))(
    'links to %s, which exists',
    (target) => expect(() => readFileSync(join(ROOT, target))).not.toThrow(),
  );
});
