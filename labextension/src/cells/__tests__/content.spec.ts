import { describe, expect, it } from 'vitest';

import type { Instrument, Study } from '../../api/models';
import type { ICellModel } from '../content';
import { CellContent, numbers } from '../content';
import { drawLegend } from '../legend';
import { words } from '../words';

const NAN = Number.NaN;
const DAY = 86_400_000;

function column(...values: number[]): DataView {
  // Not at the start of its buffer, as a part of a message is.
  const view = new DataView(new ArrayBuffer(values.length * 8 + 3), 3);
  values.forEach((value, i) => view.setFloat64(i * 8, value, true));
  return view;
}

function made(change: Record<string, unknown> = {}): ICellModel {
  const instrument: Partial<Instrument> = {
    symbol: 'SAMPLE:AAPL',
    name: '<b>Apple</b>',
    timezone: 'UTC',
    tick_size: 0.01,
    adjusted: 'splits'
  };
  const study: Partial<Study> = {
    id: 'ta.rsi',
    label: 'Relative strength index',
    pane: 'own',
    inputs: [],
    plots: [{ name: 'rsi', label: 'RSI', kind: 'line' }]
  };
  const figure = (length: number, ...values: number[]): object => ({
    study,
    inputs: { length },
    values: { rsi: column(...values) }
  });
  const traits: Record<string, unknown> = {
    instrument,
    timeframe: '1D',
    style: 'candles',
    scale: 'linear',
    volume: true,
    height: 420,
    columns: {
      time: column(0, DAY),
      open: column(10, 11),
      high: column(12, 13),
      low: column(9, 10),
      close: column(10, 12),
      volume: column(NAN, 2_500_000)
    },
    figures: [figure(14, NAN, 55.126), figure(21, NAN, 44)],
    notes: [],
    ...change
  };
  return {
    get: name => traits[name],
    send: sent => (traits.sent as unknown[] | undefined)?.push(sent),
    on: () => undefined,
    off: () => undefined
  };
}

function legend(model: ICellModel, index: number | null): string[] {
  const node = document.createElement('div');
  drawLegend(node, new CellContent(model), index, 'en-US');
  expect(node.querySelector('b')).toBeNull();
  return [...node.children].map(line =>
    [...line.children].map(part => part.textContent).join(' | ')
  );
}

describe('the content of a chart in a cell', () => {
  it('reads float64 columns, and null for what is not known', () => {
    expect(numbers(column(1.5, NAN, -3))).toEqual([1.5, null, -3]);
    expect(numbers(column())).toEqual([]);
  });

  it('is what the kernel sent', () => {
    const content = new CellContent(made());
    expect(content.bars.time).toEqual([0, DAY]);
    expect(content.bars.volume).toEqual([null, 2_500_000]);
    expect(content.state.volume).toBe(true);
    const [first, second] = content.state.studies;
    expect(content.valuesOf(first)).toEqual({ rsi: [null, 55.126] });
    expect(content.valuesOf(second)).toEqual({ rsi: [null, 44] });
    expect(content.catalogue.map(study => study.id)).toEqual(['0', '1']);
  });

  it('leaves no room for a volume that nobody knows', () => {
    const columns = {
      ...(made().get('columns') as object),
      volume: column(NAN, NAN)
    };
    expect(new CellContent(made({ columns })).state.volume).toBe(false);
  });

  it('takes a model that has no bars yet', () => {
    expect(new CellContent(made({ columns: {} })).bars.time).toEqual([]);
  });
});

describe('the read-out', () => {
  it('says the newest bar, and that under the crosshair', () => {
    expect(legend(made(), null)).toEqual([
      '<b>Apple</b> | SAMPLE:AAPL | 1D | adjusted for splits',
      'Fri, Jan 2, 1970 | O 11.00 | H 13.00 | L 10.00 | C 12.00 | +20.00% | Vol 2.5M',
      'Relative strength index | 14 | 55.13',
      'Relative strength index | 21 | 44.00'
    ]);
    expect(legend(made(), 0)[1]).toBe(
      'Thu, Jan 1, 1970 | O 10.00 | H 12.00 | L 9.00 | C 10.00'
    );
    expect(legend(made(), 0)[2]).toBe('Relative strength index | 14 | –');
  });

  it('has only the name where there are no bars', () => {
    expect(legend(made({ columns: {} }), null)).toHaveLength(1);
  });
});

it('puts values into texts without a translator', () => {
  expect(words.__('%2 of %1', 'a', 3)).toBe('3 of a');
});

describe('older bars', () => {
  it('are asked for once, where the kernel has some', () => {
    const sent: unknown[] = [];
    const content = new CellContent(made({ sent, has_older: true }));
    void content.loadOlder();
    void content.loadOlder();
    expect(sent).toEqual([{ kind: 'older' }]);
    const none: unknown[] = [];
    void new CellContent(made({ sent: none, has_older: false })).loadOlder();
    expect(none).toEqual([]);
  });

  it('are no reason to stop where there is no kernel', async () => {
    const model = made({ has_older: true });
    model.send = () => {
      throw new Error('no comm');
    };
    await expect(new CellContent(model).loadOlder()).resolves.toBeUndefined();
  });

  it('are told from other bars', () => {
    const columns = (...times: number[]): Record<string, DataView> =>
      Object.fromEntries(
        ['time', 'open', 'high', 'low', 'close', 'volume'].map(name => [
          name,
          column(...times)
        ])
      );
    const traits: Record<string, unknown> = { columns: columns(3, 4) };
    const content = new CellContent({
      ...made(),
      get: name => traits[name] ?? made().get(name)
    });
    traits.columns = columns(1, 2, 3, 4);
    expect(content.readBars()).toBe(2);
    expect(content.bars.time).toEqual([1, 2, 3, 4]);
    for (const times of [[5, 6], [1, 2, 3, 5], [3, 4, 5], []]) {
      traits.columns = columns(1, 2, 3, 4);
      content.readBars();
      traits.columns = columns(...times);
      expect(content.readBars()).toBeNull();
    }
  });

  it('leave the studies the same ones', () => {
    const traits: Record<string, unknown> = {};
    const content = new CellContent({
      ...made(),
      get: name => traits[name] ?? made().get(name)
    });
    expect(content.readFigures()).toBe(true);
    traits.figures = [];
    expect(content.readFigures()).toBe(false);
  });
});
