import js from '@eslint/js';
import globals from 'globals';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

/**
 * Arrows between folders point one way (CONTRIBUTING.md). For each folder: what of ours it may import, and whether
 * it may know the CDK or the AWS SDK. Everything that is not named here is refused. `import('./…')` is refused in all
 * of them, since the rule below does not look into it.
 */
const LAYERS = {
  domain: { imports: [], cdk: false, sdk: false, node: false },
  evolink: { imports: ['domain'], cdk: false, sdk: false },
  lambda: { imports: ['domain', 'evolink'], cdk: false, sdk: true },
  lib: { imports: ['domain'], cdk: true, sdk: false },
  bin: { imports: ['lib', 'domain', 'client', 'evolink'], cdk: true, sdk: true },
  client: { imports: ['domain'], cdk: false, sdk: true },
  local: { imports: ['domain', 'evolink', 'lambda', 'client'], cdk: false, sdk: true },
  'local/simulator': { imports: ['evolink', 'domain'], cdk: false, sdk: false, alone: true },
};
const FOLDERS = ['bin', 'client', 'domain', 'evolink', 'lambda', 'lib', 'local', 'scripts', 'test'];

const noDynamicImport = {
  'no-restricted-syntax': [
    'error',
    { selector: 'ImportExpression[source.value=/^[.]/]', message: 'Import our own files at the top of a file.' },
  ],
};

const importDirection = Object.entries(LAYERS).map(([folder, { imports, cdk, sdk, node = true, alone = false }]) => {
  const own = folder.split('/')[0];
  const forbidden = FOLDERS.filter((other) => other !== own && !imports.includes(other));
  const patterns = [
    {
      // Relative paths that leave the folder: "../lib/x", "../../lib".
      regex: `^(\\.\\./)+(${forbidden.join('|')})(/|$)`,
      message: `${folder}/ may import only ${[own, ...imports].join(', ')}: arrows between folders point one way.`,
    },
    ...(cdk ? [] : [{ regex: '^(aws-cdk-lib|constructs)(/|$)', message: `${folder}/ must run without the CDK.` }]),
    ...(node ? [] : [{ regex: '^node:', message: `${folder}/ does no input or output.` }]),
    ...(alone
      ? [
          {
            regex: `^\\.\\./(?!${imports.join('|')}|\\.\\.)`,
            message: `${folder}/ is used without the rest of ${own}/.`,
          },
        ]
      : []),
    ...(sdk ? [] : [{ regex: '^(@aws-sdk|@aws-lambda-powertools)/', message: `${folder}/ must run without AWS.` }]),
  ];
  return {
    files: [`${folder}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }], ...noDynamicImport },
  };
});

export default tseslint.config(
  { ignores: ['node_modules/', 'assets/', 'cdk.out/', 'dist/', '.local/', 'out/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // Handlers and fakes must be async to fit their contract, also where nothing is awaited.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['lib/**/*.ts', 'domain/**/*.ts', 'evolink/**/*.ts', 'client/**/*.ts'],
    plugins: { jsdoc },
    rules: { 'jsdoc/check-tag-names': 'error', 'jsdoc/no-types': 'error', 'jsdoc/check-param-names': 'error' },
  },
  {
    files: ['lib/**/*.ts'],
    plugins: { jsdoc },
    rules: {
      // jsii knows index signatures, not Record.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // The public API: every member of a props interface and every public method says what it is.
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { ClassDeclaration: true, MethodDefinition: true },
          contexts: [
            'TSInterfaceDeclaration',
            'TSPropertySignature',
            'TSEnumMember',
            'PropertyDefinition[accessibility!="private"]',
          ],
          checkConstructors: false,
        },
      ],
    },
  },
  ...importDirection,
  {
    files: ['test/**/*.ts'],
    rules: {
      // Test code reads foreign JSON (templates, histories) all the time.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: globals.node },
  },
);
