/**
 * Puts the example notebook where the bundle takes it from: `examples/` is its only home.
 */
import { copyFileSync } from 'node:fs';
import { URL, fileURLToPath } from 'node:url';

const from = new URL(
  '../../examples/aapl_trend_and_drawdown.ipynb',
  import.meta.url
);
const to = new URL('../src/library/example.json', import.meta.url);
copyFileSync(fileURLToPath(from), fileURLToPath(to));
