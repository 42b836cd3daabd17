// @vitest-environment node
import { afterEach, describe, expect, it } from 'vitest';

import { QuantLabClient } from '../../api/client';
import type { Handler } from '../../api/__tests__/service';
import { refusal, startService } from '../../api/__tests__/service';
import { SaveModel } from '../model';
import { emptySource, notebookSource, suggestedName } from '../source';

let close: (() => Promise<void>) | null = null;

afterEach(async () => {
  await close?.();
  close = null;
});

async function form(handler: Handler, name = 'Trend') {
  const service = await startService(handler);
  close = service.close;
  const client = new QuantLabClient(service.connection);
  return {
    model: new SaveModel(client, { name, kind: 'notebook' }),
    seen: service.seen
  };
}

const NONE = { json: { items: [], next_cursor: null } };

function taken(name: string) {
  return {
    json: { items: [{ id: 'x', name, access: 'owner' }], next_cursor: null }
  };
}

describe('the save form', () => {
  it('says while typing that a name is taken, in this project', async () => {
    const { model, seen } = await form(request =>
      request.path.includes('name=Taken') ? taken('taken') : NONE
    );
    await expect.poll(() => model.nameState).toBe('free');
    model.set({ name: 'Tak' });
    model.set({ name: 'Taken' });
    await expect.poll(() => model.nameState).toBe('taken');
    expect(model.canSave).toBe(false);
    expect(seen.some(request => request.path.includes('name=Tak&'))).toBe(
      false
    );
    expect(seen[seen.length - 1].path).toContain('project=none');
    model.set({ name: 'Other' });
    expect(model.canSave).toBe(true);
    model.dispose();
  });

  it('keeps what was typed when saving fails, and repeats under the same key', async () => {
    let up = false;
    const { model, seen } = await form(request =>
      request.method === 'GET'
        ? NONE
        : up
          ? { status: 201, json: { id: 'w' } }
          : refusal(503, 'unavailable')
    );
    model.set({ description: 'Why', tags: ['a'], tagText: 'b' });
    expect(await model.save(emptySource('notebook'))).toBeUndefined();
    expect(model.error).toMatchObject({ status: 503 });
    expect(model.description).toBe('Why');
    up = true;
    expect(await model.save(emptySource('notebook'))).toEqual({ id: 'w' });
    const posts = seen.filter(request => request.method === 'POST');
    expect(posts[0].headers['idempotency-key']).toBe(
      posts[1].headers['idempotency-key']
    );
    expect(posts[1].body).toMatchObject({
      name: 'Trend',
      description: 'Why',
      tags: ['a', 'b'],
      project_id: null,
      origin: 'authored'
    });
    model.dispose();
  });

  it('makes a new project once, also when the second step fails', async () => {
    let attempts = 0;
    const { model, seen } = await form(request => {
      if (request.method === 'GET') {
        return NONE;
      }
      if (request.path === 'projects') {
        return { status: 201, json: { id: 'p1' } };
      }
      attempts += 1;
      return attempts === 1
        ? refusal(409, 'name_taken')
        : { status: 201, json: { id: 'w' } };
    });
    model.set({ project: { project: 'new', newProject: 'Equities' } });
    expect(await model.save(emptySource('python'))).toBeUndefined();
    expect(model.nameState).toBe('taken');
    model.set({ name: 'Trend 2' });
    expect(await model.save(emptySource('python'))).toEqual({ id: 'w' });
    expect(
      seen.filter(
        request => request.method === 'POST' && request.path === 'projects'
      )
    ).toHaveLength(1);
    expect(seen[seen.length - 1].body).toMatchObject({ project_id: 'p1' });
    model.dispose();
  });

  it('refuses names that the service would refuse, without asking', async () => {
    const { model, seen } = await form(() => NONE, '');
    expect(model.canSave).toBe(false);
    model.set({ name: 'a/b' });
    expect(model.nameProblem).toBe('invalid_character');
    expect(seen).toHaveLength(0);
    model.dispose();
  });
});

describe('what is saved', () => {
  const cell = (type: string, source: string, trusted: boolean) => ({
    type,
    trusted,
    sharedModel: { getSource: () => source }
  });
  const model = (...cells: ReturnType<typeof cell>[]) => ({
    cells,
    toJSON: () => ({ cells: [], nbformat: 4 })
  });

  it('is foreign when any code cell is not trusted', () => {
    expect(
      notebookSource(model(cell('code', 'x', true), cell('code', 'y', false)))
        .origin
    ).toBe('imported');
    expect(
      notebookSource(
        model(
          cell('code', 'x', true),
          cell('code', '  ', false),
          cell('markdown', '# A', false)
        )
      ).origin
    ).toBe('authored');
  });

  it.each([
    ['folder/Trend.ipynb', 'Trend'],
    ['QuantLab:Equities/My: script.py', 'My: script'],
    ['noext', 'noext']
  ])('%s suggests %s', (path, name) => {
    expect(suggestedName(path)).toBe(name);
  });
});
