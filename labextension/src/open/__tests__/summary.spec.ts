import { describe, expect, it } from 'vitest';

import type { Workflow } from '../../api/models';
import { summarise } from '../summary';

function notebook(cells: unknown): Workflow {
  return { kind: 'notebook', notebook: { cells } } as unknown as Workflow;
}

describe('summary', () => {
  it('takes text as text and the first safe picture', () => {
    const summary = summarise(
      notebook([
        { cell_type: 'markdown', source: ['# A', '\n<script>x</script>'] },
        {
          cell_type: 'code',
          source: 'plot()',
          outputs: [
            { data: { 'text/html': '<img onerror=x>' } },
            { data: { 'image/png': 'aGVs\nbG8=' } }
          ]
        }
      ])
    );
    expect(summary.cells).toEqual([
      { type: 'markdown', text: '# A\n<script>x</script>' },
      { type: 'code', text: 'plot()' }
    ]);
    expect(summary.picture).toBe('data:image/png;base64,aGVsbG8=');
  });

  it('never takes a picture that is not base64, and survives odd content', () => {
    const evil = { data: { 'image/png': '"><script>' } };
    expect(
      summarise(notebook([{ cell_type: 'code', outputs: [evil] }])).picture
    ).toBeNull();
    expect(summarise(notebook('nonsense')).total).toBe(0);
    expect(summarise(notebook([{ outputs: 'x', source: 5 }])).cells).toEqual(
      []
    );
    const code = Array.from({ length: 60 }, () => 'x').join('\n');
    const script = summarise({ kind: 'python', code } as unknown as Workflow);
    expect(script.cells[0].text.split('\n')).toHaveLength(41);
  });
});
