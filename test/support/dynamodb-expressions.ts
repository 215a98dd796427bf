/** DynamoDB's condition, key and update expressions as trees. What an expression means is in `dynamodb-evaluate.ts`. */
import { RESERVED_WORDS } from './dynamodb-reserved-words';
import { validationError } from './dynamodb-errors';

/** Steps of a document path: names, `#placeholders` and list indexes. */
export type Path = readonly (string | number)[];

export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'if_not_exists'; readonly path: Path; readonly otherwise: Operand }
  | { readonly kind: '+' | '-'; readonly left: Operand; readonly right: Operand };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'group'; readonly inner: Condition }
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'in'; readonly left: Operand; readonly list: readonly Operand[] }
  | { readonly kind: 'between'; readonly left: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'attribute_exists' | 'attribute_not_exists'; readonly path: Path }
  | { readonly kind: 'begins_with'; readonly path: Path; readonly prefix: Operand };

export interface Update {
  readonly set: readonly { readonly path: Path; readonly value: Operand }[];
  readonly remove: readonly Path[];
  readonly add: readonly { readonly path: Path; readonly value: Operand }[];
}

export interface Parsed<T> {
  readonly tree: T;
  /** Every `#name` and `:value` in the text. */
  readonly placeholders: ReadonlySet<string>;
}

const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);
const TOKEN = /\s*(?:(<>|<=|>=|[=<>(),.+\-[\]])|([#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|\d+))/y;

export const parseCondition = memoized((parser: Parser) => parser.condition());
export const parseUpdate = memoized((parser: Parser) => parser.update());

/** A pipeline sends the same few texts over and over. */
function memoized<T>(parse: (parser: Parser) => T): (text: string) => Parsed<T> {
  const known = new Map<string, Parsed<T>>();
  return (text) => {
    let parsed = known.get(text);
    if (parsed === undefined) {
      const parser = new Parser(text);
      parsed = { tree: parse(parser), placeholders: parser.placeholders };
      parser.end();
      known.set(text, parsed);
    }
    return parsed;
  };
}

class Parser {
  readonly placeholders = new Set<string>();
  private readonly tokens: readonly string[];
  private next = 0;

  constructor(private readonly text: string) {
    this.tokens = tokenize(text);
    for (const token of this.tokens) if (/^[#:]/.test(token)) this.placeholders.add(token);
  }

  condition(): Condition {
    let left = this.conjunction();
    while (this.take('OR')) left = { kind: 'or', left, right: this.conjunction() };
    return left;
  }

  update(): Update {
    const update = { set: [] as Update['set'][number][], remove: [] as Path[], add: [] as Update['add'][number][] };
    const clauses: Record<string, () => unknown> = {
      SET: () => update.set.push(this.assignment()),
      REMOVE: () => update.remove.push(this.path()),
      ADD: () => update.add.push({ path: this.path(), value: this.operand() }),
    };
    const seen = new Set<string>();
    do {
      const name = this.token().toUpperCase();
      const clause = clauses[name];
      if (clause === undefined) throw this.error(`unknown clause ${name}`);
      if (seen.has(name)) throw validationError(`The "${name}" section can only be used once in an update expression`);
      seen.add(name);
      do clause();
      while (this.take(','));
    } while (this.next < this.tokens.length);
    return update;
  }

  end(): void {
    if (this.next < this.tokens.length) throw this.error(`token: "${this.tokens[this.next]}"`);
  }

  private conjunction(): Condition {
    let left = this.negation();
    while (this.take('AND')) left = { kind: 'and', left, right: this.negation() };
    return left;
  }

  private negation(): Condition {
    return this.take('NOT') ? { kind: 'not', inner: this.negation() } : this.test();
  }

  private test(): Condition {
    if (this.take('(')) {
      const inner = this.condition();
      this.expect(')');
      if (inner.kind === 'group') throw validationError('The expression has redundant parentheses');
      return { kind: 'group', inner };
    }
    if (this.tokens[this.next + 1] === '(') return this.testFunction();
    const left = this.operand();
    if (this.take('IN')) return { kind: 'in', left, list: this.list() };
    if (this.take('BETWEEN')) {
      const low = this.operand();
      this.expect('AND');
      return { kind: 'between', left, low, high: this.operand() };
    }
    const comparator = this.token();
    if (!COMPARATORS.has(comparator)) throw this.error(`token: "${comparator}"`);
    return { kind: 'compare', comparator: comparator as Comparator, left, right: this.operand() };
  }

  private testFunction(): Condition {
    const kind = this.token();
    this.expect('(');
    const path = this.path();
    let test: Condition;
    if (kind === 'attribute_exists' || kind === 'attribute_not_exists') {
      test = { kind, path };
    } else if (kind === 'begins_with') {
      this.expect(',');
      test = { kind, path, prefix: this.operand() };
    } else if (['attribute_type', 'contains', 'size'].includes(kind)) {
      throw new Error(`the memory table does not know ${kind}() yet`);
    } else {
      throw validationError(`Invalid function name; function: ${kind}`);
    }
    this.expect(')');
    return test;
  }

  private list(): Operand[] {
    this.expect('(');
    const list = [this.operand()];
    while (this.take(',')) list.push(this.operand());
    this.expect(')');
    return list;
  }

  private assignment(): Update['set'][number] {
    const path = this.path();
    this.expect('=');
    const left = this.operand();
    const sign = this.take('+') ? '+' : this.take('-') ? '-' : undefined;
    return { path, value: sign === undefined ? left : { kind: sign, left, right: this.operand() } };
  }

  private operand(): Operand {
    if (this.tokens[this.next] === 'if_not_exists' && this.tokens[this.next + 1] === '(') {
      this.next += 2;
      const path = this.path();
      this.expect(',');
      const otherwise = this.operand();
      this.expect(')');
      return { kind: 'if_not_exists', path, otherwise };
    }
    if (this.tokens[this.next]?.startsWith(':')) return { kind: 'value', name: this.token() };
    return { kind: 'path', path: this.path() };
  }

  private path(): Path {
    const path: (string | number)[] = [this.attributeName()];
    for (;;) {
      if (this.take('.')) {
        path.push(this.attributeName());
      } else if (this.take('[')) {
        path.push(Number(this.token()));
        this.expect(']');
      } else {
        return path;
      }
    }
  }

  private attributeName(): string {
    const name = this.token();
    if (!/^#?[A-Za-z_0-9]/.test(name)) throw this.error(`token: "${name}"`);
    if (RESERVED_WORDS.has(name.toLowerCase())) {
      throw validationError(`Attribute name is a reserved keyword; reserved keyword: ${name}`);
    }
    return name;
  }

  private take(token: string): boolean {
    if (this.tokens[this.next]?.toUpperCase() !== token) return false;
    this.next++;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw this.error(`"${token}" expected, got "${this.tokens[this.next] ?? '<EOF>'}"`);
  }

  private token(): string {
    const token = this.tokens[this.next++];
    if (token === undefined) throw this.error('token: "<EOF>"');
    return token;
  }

  private error(what: string): Error {
    return validationError(`Invalid expression: Syntax error; ${what}, in: ${this.text}`);
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    tokens.push(match[1] ?? match[2] ?? '');
    end = TOKEN.lastIndex;
  }
  if (text.slice(end).trim() !== '') throw validationError(`Invalid expression: Syntax error; in: ${text.slice(end)}`);
  if (tokens.length === 0) throw validationError('Invalid expression: The expression can not be empty;');
  return tokens;
}
