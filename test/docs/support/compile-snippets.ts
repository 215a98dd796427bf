/** Type-checks snippets as modules of one program, without writing a file. */
import { join } from 'node:path';
import ts from 'typescript';
import { type Block, ROOT } from './blocks';
import { PRELUDE } from './prelude';

/**
 * A page is read from top to bottom: a block sees what the blocks before it declared, and may declare it anew. So
 * blocks are nested, each in the scope of the one before, below the prelude; imports go to the top of the module.
 *
 * @returns `docs/client.md:12: message` for each mistake
 */
export function mistakesIn(blocks: readonly Block[]): string[] {
  const modules = new Map(
    [...new Set(blocks.map(({ page }) => page))].map((page) => [
      join(ROOT, `${page.replaceAll('/', '__')}.snippets.ts`),
      moduleOf(blocks.filter((block) => block.page === page)),
    ]),
  );
  const program = programOf(modules);
  // Of the snippets alone: what they import is checked elsewhere, and takes longer.
  const diagnostics = [...modules.keys()]
    .map((path) => program.getSourceFile(path))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const module = modules.get(file?.fileName ?? '');
    const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    return `${module?.origins[line] ?? file?.fileName ?? 'compiler'}: ${text}`;
  });
}

interface Module {
  readonly text: string;
  /** For each line of the module, where it stands in the docs. */
  readonly origins: readonly string[];
}

function moduleOf(blocks: readonly Block[]): Module {
  const imports: [origin: string, line: string][] = [];
  const body: [origin: string, line: string][] = [];
  const prelude = PRELUDE.split('\n').map((line): [string, string] => ['prelude', line]);
  for (const { page, line, code } of blocks) {
    body.push(['', '{']);
    for (const [index, text] of code.split('\n').entries()) {
      (text.startsWith('import ') ? imports : body).push([`${page}:${line + index}`, text]);
    }
  }
  // Imports of the reader's own take the place of the prelude's: each name is imported once.
  const own = new Set(imports.flatMap(([, text]) => namesOf(text)));
  const kept = prelude.map(([origin, text]): [string, string] => [origin, without(own, text)]);
  const all = [
    ...kept,
    ...unique(imports),
    ['', 'async () => {'],
    ...body,
    ['', '}'.repeat(blocks.length)],
    ['', '};'],
  ];
  return { text: all.map(([, text]) => text).join('\n'), origins: all.map(([origin]) => origin ?? '') };
}

const LIST = /\{([^}]*)\}/;

function namesOf(line: string): string[] {
  return (LIST.exec(line)?.[1] ?? '').split(',').map((name) => name.replace('type ', '').trim());
}

function without(names: ReadonlySet<string>, line: string): string {
  if (!line.startsWith('import ')) return line;
  const kept = namesOf(line).filter((name) => !names.has(name));
  return line.replace(LIST, `{ ${kept.join(', ')} }`);
}

/** Two blocks of a page may import the same. */
function unique(imports: readonly [string, string][]): [string, string][] {
  const seen = new Set<string>();
  return imports.map(([origin, text]) => {
    const line = without(seen, text);
    for (const name of namesOf(text)) seen.add(name);
    return [origin, line];
  });
}

function programOf(modules: ReadonlyMap<string, Module>): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson((config as { compilerOptions: object }).compilerOptions, ROOT);
  // A snippet shows how a value is made, not what becomes of it.
  const relaxed = { ...options, types: ['node'], noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(relaxed);
  const disk = { ...host };
  host.fileExists = (path) => modules.has(path) || disk.fileExists(path);
  host.readFile = (path) => modules.get(path)?.text ?? disk.readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const module = modules.get(path);
    return module ? ts.createSourceFile(path, module.text, target) : disk.getSourceFile(path, target, ...rest);
  };
  return ts.createProgram([...modules.keys()], relaxed, host);
}
