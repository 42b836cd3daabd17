import { describe, expect, it } from 'vitest';

import { keepFocus, onKey } from '../keys';

const press = (key: string, more: KeyboardEventInit = {}): KeyboardEvent =>
  new KeyboardEvent('keydown', { key, cancelable: true, ...more });

describe('onKey', () => {
  it('acts on a key, also in capitals, and leaves chords and other keys to others', () => {
    let count = 0;
    const acts = { t: () => count++ };
    for (const event of [press('t'), press('T', { shiftKey: true })]) {
      onKey(event, acts);
      expect(event.defaultPrevented).toBe(true);
    }
    for (const event of [press('t', { ctrlKey: true }), press('x')]) {
      onKey(event, acts);
      expect(event.defaultPrevented).toBe(false);
    }
    expect(count).toBe(2);
  });
});

describe('keepFocus', () => {
  it('takes the focus that nobody has, and no other', async () => {
    const [chart, button] = ['div', 'button'].map(tag =>
      document.createElement(tag)
    );
    chart.tabIndex = 0;
    document.body.append(chart, button);
    const frames = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
    };
    button.focus();
    keepFocus(chart);
    await frames();
    expect(document.activeElement).toBe(button);
    button.remove();
    keepFocus(chart);
    await frames();
    expect(document.activeElement).toBe(chart);
    chart.remove();
  });
});
