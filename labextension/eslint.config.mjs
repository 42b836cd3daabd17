import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Modules that draw; a model must work without them. */
const DRAWING = ['react', 'react-dom', '@jupyterlab/application'];

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'coverage/**', 'src/api/types.ts'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { jupyter, 'react-hooks': reactHooks },
    languageOptions: {
      parserOptions: {
        project: './tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      ...(jupyter.configs?.recommended?.rules ?? {}),
      ...reactHooks.configs.recommended.rules,
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'no-restricted-globals': [
        'error',
        {
          name: 'fetch',
          message: 'Only src/api/request.ts talks to the server.'
        }
      ],
      'prefer-arrow-callback': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      // JupyterLab's own idiom for command ids.
      '@typescript-eslint/no-namespace': 'off',
      // Signals take the method and its `this` apart: signal.connect(this._onChange, this).
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }
      ]
    }
  },
  {
    // A model is tested and reasoned about without a page.
    files: ['src/**/model.ts', 'src/**/*Model.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: DRAWING }] }
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/api/**', 'src/**/__tests__/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "MemberExpression[object.name='ServerConnection'][property.name='makeRequest']",
          message: 'Only src/api/request.ts talks to the server.'
        }
      ]
    }
  },
  {
    files: ['**/*.mjs'],
    ...tseslint.configs.disableTypeChecked
  }
);
