import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import type { LayoutsClient } from '../../api/client';
import { withoutMoment } from '../document';
import { importLayout, readLayout } from '../files';
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
  });

  it('that are too large are not even read', async () => {
    const file = {
      name: 'huge.json',
      size: 2 ** 31,
      text: () => Promise.reject(new Error('read'))
    };
    const client = null as unknown as LayoutsClient;
    await expect(
      importLayout(file as unknown as File, client, trans)
    ).rejects.toThrow('1 MB');
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
