import { readFileSync } from 'node:fs';
import { ARCHIVE_FAILURES, FAILURES, SAME_ATTEMPT_FAILURES } from '../../domain/failures';
import { ERRORS_DOC, errorsDoc } from '../../scripts/errors-doc';

describe('docs/errors.md', () => {
  const onDisk = readFileSync(ERRORS_DOC, 'utf8');

  test('is what the code says (npm run docs:errors makes it anew)', () => {
    expect(onDisk).toBe(errorsDoc());
  });

  test.each(SAME_ATTEMPT_FAILURES)('says that %s uses up no attempt', (name) => {
    const row = onDisk.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row).toContain('the same attempt');
    expect(row).not.toContain('maxAttempts');
  });

  test.each([...Object.keys(FAILURES), ...Object.keys(ARCHIVE_FAILURES)])('explains %s', (name) => {
    expect(onDisk).toContain(`| \`${name}\` |`);
  });
});
