import { describe, expect, it } from 'vitest';

import type { INotebookContent } from '../content';
import {
  asText,
  cellKey,
  contentKey,
  editKey,
  isAllTrusted,
  sourceKey,
  withTrust,
  withoutTrust
} from '../content';

function notebook(
  change: (notebook: INotebookContent) => void = () => undefined
): Record<string, unknown> {
  const content: INotebookContent = {
    cells: [
      {
        cell_type: 'code',
        source: 'plot(x)\nshow()',
        metadata: {},
        outputs: [{ output_type: 'stream', name: 'stdout', text: 'ok\n' }],
        execution_count: 1
      },
      { cell_type: 'markdown', source: '# Title', metadata: {} }
    ],
    metadata: { kernelspec: { name: 'python3' } },
    nbformat: 4,
    nbformat_minor: 5
  };
  change(content);
  return content as unknown as Record<string, unknown>;
}

describe('content', () => {
  it('counts trust marks, spelling and order of members as nothing', () => {
    const other = notebook(it => {
      it.cells[0].source = ['plot(x)\n', 'show()'];
      it.cells[0].metadata = { trusted: true };
    });
    const turned = Object.fromEntries(Object.entries(other).reverse());
    expect(contentKey(turned)).toBe(contentKey(notebook()));
  });

  it('sees an edit in source, outputs and metadata', () => {
    const keys = [
      notebook(),
      notebook(it => (it.cells[0].source = 'plot(y)')),
      notebook(it => (it.cells[0].outputs = [])),
      notebook(it => (it.cells[0].metadata = { tags: ['a'] })),
      notebook(it => (it.metadata = { ...it.metadata, title: 'x' }))
    ].map(editKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('takes what starting a kernel writes for no edit', () => {
    const started = notebook(it => {
      it.metadata = {
        kernelspec: { name: 'python3', display_name: 'Python 3' },
        language_info: { name: 'python', version: '3.12' }
      };
    });
    expect(editKey(started)).toBe(editKey(notebook()));
    expect(contentKey(started)).not.toBe(contentKey(notebook()));
  });

  it('tells a program from its outputs', () => {
    const ran = notebook(it => {
      it.cells[0].outputs = [];
      it.cells[0].execution_count = 7;
      it.cells[0].metadata = { execution: { a: 1 } };
    });
    expect(sourceKey(ran)).toBe(sourceKey(notebook()));
    expect(sourceKey(notebook(it => (it.cells[0].source = 'rm()')))).not.toBe(
      sourceKey(notebook())
    );
  });

  it('never believes a mark that came with the content', () => {
    const forged = notebook(it => {
      it.cells[0].metadata = { trusted: true, tags: ['keep'] };
    });
    expect(withoutTrust(forged)).toEqual(
      notebook(it => (it.cells[0].metadata = { tags: ['keep'] }))
    );
    const untrusted = withTrust(forged, () => false);
    expect(isAllTrusted(untrusted)).toBe(false);
    expect(JSON.stringify(untrusted)).not.toContain('trusted');
  });

  it('marks exactly the cells that are trusted, and only code', () => {
    const known = cellKey({
      cell_type: 'code',
      source: 'plot(x)\nshow()',
      outputs: [{ output_type: 'stream', name: 'stdout', text: 'ok\n' }]
    });
    const marked = withTrust(notebook(), cell => cellKey(cell) === known);
    expect(isAllTrusted(marked)).toBe(true);
    const changed = notebook(
      it =>
        (it.cells[0].outputs = [
          {
            output_type: 'display_data',
            data: { 'text/html': '<script>1</script>' }
          }
        ])
    );
    expect(
      isAllTrusted(withTrust(changed, cell => cellKey(cell) === known))
    ).toBe(false);
  });

  it('shows cells and outputs as text', () => {
    expect(asText(notebook())).toBe(
      '# [1] code\nplot(x)\nshow()\n# → ok\n\n# [2] markdown\n# Title'
    );
    expect(asText('x = 1')).toBe('x = 1');
  });
});
