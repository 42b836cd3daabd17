import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { withoutMoment } from '../document';
import { readLayout } from '../files';
import { newDocument } from '../grid';

const trans = nullTranslator.load('quantlab');
const read = (value: unknown): unknown =>
  readLayout(typeof value === 'string' ? value : JSON.stringify(value), trans);

describe('layout files', () => {
  it('come back as they were written', () => {
    const document = newDocument();
    expect(read(document)).toEqual(document);
  });

  it('of a newer release are refused with what to do', () => {
    const newer = { ...newDocument(), schema_version: 2 };
    expect(() => read(newer)).toThrow(/newer QuantLab.*Update QuantLab/);
  });

  it('with too many charts are refused with the limit', () => {
    const [chart] = newDocument().charts;
    const many = {
      schema_version: 1,
      charts: Array.from({ length: 500 }, () => chart)
    };
    expect(() => read(many)).toThrow(/500 charts; 32 are the most/);
  });

  it('that are something else are refused', () => {
    for (const text of ['', '[]', 'null', '{', '{"cells": []}', '"text"']) {
      expect(() => read(text)).toThrow('This is no chart layout');
    }
    expect(() => read(`"${'x'.repeat(1024 * 1024)}"`)).toThrow('1 MB');
  });
});

describe('a layout without its moment', () => {
  it('keeps charts and grid alone', () => {
    const document = newDocument();
    const full = {
      ...document,
      view: { ranges: {} },
      theme: 'dark' as const,
      timezone: 'Europe/Berlin',
      panels: { library: { open: true, area: 'left' as const, size: 300 } }
    };
    expect(withoutMoment(full)).toEqual(document);
  });
});
