import type { Metafile } from 'esbuild';
import ts from 'typescript';

/** What a bundle of ours is measured against: the SDK clients and Powertools. */
const REFERENCE_PACKAGES = /^@(aws-sdk|smithy|aws-lambda-powertools)\//;

/** `validate` calls no service, so that beside its small reference a parser of addresses would count as ours. */
const ALSO_IN_REFERENCE: Readonly<Record<string, readonly string[]>> = { validate: ['ipaddr.js'] };

/**
 * The source of a function's reference bundle: it imports the same names from the same packages as our own sources do,
 * and nothing else.
 *
 * @param metafile of the function's bundle
 * @param read gives the text of one of our source files, by its path in the metafile
 * @returns undefined when our sources import none of those packages
 */
export function referenceSource(
  functionName: string,
  metafile: Metafile,
  read: (path: string) => string,
): string | undefined {
  const imported = new Map<string, Set<string>>();
  for (const source of ownSources(metafile)) {
    for (const { specifier, names } of importsOf(read(source))) {
      const counts = REFERENCE_PACKAGES.test(specifier) || ALSO_IN_REFERENCE[functionName]?.includes(specifier);
      if (!counts || !isInBundle(metafile, specifier)) continue;
      const all = imported.get(specifier) ?? new Set();
      for (const name of names) all.add(name);
      imported.set(specifier, all);
    }
  }
  if (imported.size === 0) return undefined;
  const lines = [...imported].map(([specifier, names], index) => {
    const bindings = [...names].map((name) => `${name} as ${name}_${index}`);
    return {
      text: `import { ${bindings.join(', ')} } from '${specifier}';`,
      used: [...names].map((n) => `${n}_${index}`),
    };
  });
  return [
    ...lines.map(({ text }) => text),
    `export const used = [${lines.flatMap(({ used }) => used).join(', ')}];`,
  ].join('\n');
}

/** Our files that left something in the bundle; what tree shaking dropped as a whole does not count. */
function ownSources(metafile: Metafile): string[] {
  return bundledInputs(metafile).filter((input) => !input.includes('node_modules/'));
}

function isInBundle(metafile: Metafile, specifier: string): boolean {
  const [scopeOrName = '', name = ''] = specifier.split('/');
  const packageName = scopeOrName.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName;
  return bundledInputs(metafile).some((input) => input.includes(`node_modules/${packageName}/`));
}

function bundledInputs(metafile: Metafile): string[] {
  return Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([input]) => input),
  );
}

/** The imports of values (types leave nothing in a bundle) of one source file. */
export function importsOf(source: string): { readonly specifier: string; readonly names: readonly string[] }[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2023);
  return file.statements.filter(ts.isImportDeclaration).flatMap((declaration) => {
    const clause = declaration.importClause;
    if (!clause || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
    const names: string[] = clause.name ? ['default'] : [];
    if (clause.namedBindings && ts.isNamedImports(clause.namedBindings)) {
      const values = clause.namedBindings.elements.filter((element) => !element.isTypeOnly);
      names.push(...values.map((element) => (element.propertyName ?? element.name).text));
    }
    const { text: specifier } = declaration.moduleSpecifier as ts.StringLiteral;
    return names.length > 0 ? [{ specifier, names }] : [];
  });
}
