import { describe, expect, it } from 'vitest';

import type { IPlace } from '../paths';
import {
  fileName,
  folderName,
  folderSegment,
  idSuffix,
  localPath,
  parsePath
} from '../paths';

const NAMES = [
  'Momentum',
  '100% sure',
  '%2E',
  'a%2Fb',
  'trend: AAPL',
  ':',
  '📈 momentum',
  'استراتيجية',
  'a.ipynb',
  'a.py',
  'a.ipynb.py',
  '..',
  '.',
  '...',
  '.hidden',
  '#1?x=y&z',
  'back\\slash',
  'e\u0301'.normalize('NFC'),
  '~',
  'Shared'
];

describe('paths', () => {
  it('are exact inverses for every name, kind and project', () => {
    for (const name of NAMES) {
      for (const kind of ['notebook', 'python'] as const) {
        for (const project of [null, ...NAMES]) {
          const place: IPlace = { name, kind, project };
          expect(parsePath(localPath(place))).toEqual({
            type: 'workflow',
            name,
            kind,
            project,
            owner: null,
            idSuffix: null
          });
        }
      }
    }
  });

  it('differ wherever two workflows differ', () => {
    const seen = new Set<string>();
    let count = 0;
    for (const name of NAMES) {
      for (const kind of ['notebook', 'python'] as const) {
        for (const project of [null, ...NAMES]) {
          seen.add(localPath({ name, kind, project }));
          count += 1;
        }
      }
    }
    expect(seen.size).toBe(count);
  });

  it('name what others share by its owner', () => {
    for (const owner of NAMES) {
      const path = localPath({
        name: 'Trend',
        kind: 'python',
        project: null,
        owner
      });
      expect(parsePath(path)).toMatchObject({
        name: 'Trend',
        kind: 'python',
        owner
      });
    }
  });

  it('tell shared workflows of one name apart by the end of their id', () => {
    const id = '0193e4c2-7a11-7c31-8f0e-4b1d2a3c4d5e';
    const path = localPath({
      name: 'Trend',
      kind: 'notebook',
      project: null,
      owner: 'ada',
      ambiguousId: id
    });
    expect(path).toBe('Shared/ada/Trend ~4b1d2a3c4d5e.ipynb');
    expect(parsePath(path)).toMatchObject({
      name: 'Trend',
      idSuffix: idSuffix(id)
    });
  });

  it('never leave a folder through its own name', () => {
    for (const name of ['.', '..', '%2E', '%2E%2E', '%252E', '%2E%252E']) {
      const segment = folderSegment(name);
      expect(['.', '..']).not.toContain(segment);
      expect(folderName(segment)).toBe(name);
    }
    expect(
      new Set(['.', '..', '%2E', '%2E%2E', '%252E'].map(folderSegment)).size
    ).toBe(5);
  });

  it('read folders', () => {
    expect(parsePath('')).toEqual({ type: 'root' });
    expect(parsePath('Momentum')).toEqual({
      type: 'project',
      project: 'Momentum'
    });
    expect(parsePath('Shared')).toEqual({ type: 'shared' });
    expect(parsePath('Shared/ada')).toEqual({ type: 'owner', owner: 'ada' });
    expect(parsePath('a/b/c')).toEqual({ type: 'nothing' });
    expect(parsePath('a/b/c.py')).toEqual({ type: 'nothing' });
  });

  it('keep an ending that belongs to the name', () => {
    expect(fileName('a.ipynb', 'notebook')).toBe('a.ipynb.ipynb');
    expect(parsePath('.ipynb')).toEqual({
      type: 'project',
      project: '.ipynb'
    });
  });
});
