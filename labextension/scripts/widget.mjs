/**
 * Builds the chart of cells into one file, which quantlab_ext ships and the kernel sends to the page.
 */
import { URL, fileURLToPath } from 'node:url';

import { build } from 'vite';

const path = where => fileURLToPath(new URL(where, import.meta.url));

await build({
  configFile: false,
  publicDir: false,
  root: path('..'),
  logLevel: 'warn',
  // Licences ask to stay with the code.
  esbuild: { legalComments: 'inline' },
  build: {
    outDir: path('../../quantlab_ext/widgets/static'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: path('../src/cells/chart.ts'),
      preserveEntrySignatures: 'strict',
      output: {
        format: 'es',
        entryFileNames: 'chart.js',
        inlineDynamicImports: true
      }
    }
  }
});
