/** `npm ci` refuses a lock file that lacks a package, even one for another platform: then nobody can start. */
import * as fs from 'node:fs';
import * as path from 'node:path';

interface LockedPackage {
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = path.resolve(__dirname, '../../package-lock.json');
const { packages } = JSON.parse(fs.readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> };

/** Where Node would find a package that `from` asks for: beside it, or in one of the folders above. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (Object.hasOwn(packages, `${folder}${folder && '/'}node_modules/${name}`)) return true;
    if (folder === '') return false;
  }
}

test('the lock file holds every package that one of its packages asks for, on every platform', () => {
  const missing = Object.entries(packages).flatMap(([from, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter((name) => !isLocked(from, name))
      .map((name) => `${name}, for ${from || 'the project'}`),
  );

  expect(missing).toEqual([]);
});
