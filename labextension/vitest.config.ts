import { defineConfig } from 'vitest/config';

// Models are tested in jsdom with node's own fetch and http server beside them: nothing of ours is replaced.
export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['src/**/__tests__/**/*.spec.{ts,tsx}'],
    setupFiles: ['./vitest.setup.ts'],
    server: {
      deps: {
        // Published as ES modules with extension-less imports, which node refuses: vite resolves them.
        inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//]
      }
    },
    // JupyterLab's own packages import CSS through style/index.js.
    css: false,
    maxWorkers: 1
  }
});
