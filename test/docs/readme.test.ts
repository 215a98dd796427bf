import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REQUEST_FIELDS } from '../../domain/request';

const ROOT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const readme = read('README.md');
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as {
  context: Record<string, string | number> & { '//': Record<string, string> };
};

describe('the documents', () => {
  test.each(Object.keys(context['//']))('list the setting %s with its default', (key) => {
    const row = read('docs/settings.md')
      .split('\n')
      .find((line) => line.startsWith(`| \`${key}\``));
    const value = context[key];
    expect(row).toContain(value === undefined ? '|' : `\`${value}\``);
  });

  test.each([...REQUEST_FIELDS])('list the request field %s', (field) => {
    expect(read('docs/jobs.md')).toContain(`| \`${field}\``);
  });

  test.each([...readme.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? ''))(
    'README.md links to %s, which exists',
    (target) => expect(() => readFileSync(join(ROOT, target))).not.toThrow(),
  );
});
